import { parentPort } from 'node:worker_threads';
import { InputError, OnnxSession } from './onnx-session.ts';
import { buffersOf, packTensor, unpackTensor } from './packed-tensor.ts';
import type { WorkerRequest, WorkerResponse } from './worker-message.ts';

// Runs in a worker thread of its own: onnxruntime-node computes synchronously, and would block the event loop.

const port = parentPort;
if (port === null) throw new Error('onnx-worker is the entry of a worker thread');

// onnxruntime-node up to 1.30 reads a Float16Array as empty; where there is none it takes the bits as a Uint16Array.
Reflect.deleteProperty(globalThis, 'Float16Array');

function send(response: WorkerResponse, transfer: readonly ArrayBuffer[] = []): void {
  port?.postMessage(response, transfer);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

let session: OnnxSession | undefined;

async function answer(request: WorkerRequest): Promise<void> {
  if (request.type === 'load') {
    session = await OnnxSession.load(request.model);
    send({ type: 'ready' });
  } else if (request.type === 'close') {
    await session?.release();
    port?.close();
  } else if (session !== undefined) {
    const { outputs, computeDurationMs } = await session.run(request.inputs.map(unpackTensor));
    const packed = outputs.map(packTensor);
    send({ type: 'done', outputs: packed, computeDurationMs }, buffersOf(packed));
  }
}

port.on('message', (request: WorkerRequest) => {
  answer(request).catch((error: unknown) => {
    send({ type: 'failed', message: messageOf(error), isInput: error instanceof InputError });
  });
});
