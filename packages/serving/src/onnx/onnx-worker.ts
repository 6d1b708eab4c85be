import { parentPort } from 'node:worker_threads';
import { endWithParent } from './end-with-parent.ts';
import { inspectModel } from './inspect-model.ts';
import { BACKGROUND, lowerPriority } from './lower-priority.ts';
import { joinParts, type MessagePart, partsOf } from './message-parts.ts';
import { InputError, OnnxSession, type SessionResult } from './onnx-session.ts';
import { buffersOf, packTensor, unpackTensor, type PackedTensor } from '../codec/packed-tensor.ts';
import { freeStorage } from '../storage/free-storage.ts';
import { prepareOnnx } from './prepare-onnx.ts';
import { readRowAnalysis } from './rows/read-row-analysis.ts';
import { threadFolder } from './thread-state.ts';
import type { WorkerRequest, WorkerResponse } from './worker-message.ts';

// Entry of a worker thread, or of a child process with the same protocol: onnxruntime-node computes synchronously, and
// would block the event loop.

// onnxruntime-node up to 1.30 reads a Float16Array as empty; where there is none it takes the bits as a Uint16Array.
Reflect.deleteProperty(globalThis, 'Float16Array');

const isBackground = process.argv.includes(BACKGROUND);
// Before there is a session, whose threads inherit the priority.
if (isBackground) lowerPriority();

const sessions = new Map<number, OnnxSession>();

function send(response: WorkerResponse, transfer: readonly ArrayBuffer[] = []): void {
  if (parentPort === null) for (const part of partsOf(response)) process.send?.(part);
  else parentPort.postMessage(response, transfer);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Processor time of this thread in milliseconds; wall-clock time in Node.js versions that can't measure it. */
function threadTimeMs(): number {
  if (typeof process.threadCpuUsage !== 'function') return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Executes a model once; inputs that were moved to this thread are freed at once. */
async function run(session: OnnxSession, inputs: readonly PackedTensor[]): Promise<SessionResult> {
  try {
    return await session.run(inputs.map(unpackTensor));
  } finally {
    // Arrays of a message between processes may share a buffer.
    const isThread = parentPort !== null;
    for (const each of inputs) freeStorage('packed' in each ? each.packed : each.data, isThread);
  }
}

async function answer(request: WorkerRequest): Promise<void> {
  switch (request.type) {
    case 'load': {
      const startedAt = threadTimeMs();
      const inspected = inspectModel(request.model);
      const { onnx, crashRisk } = inspected;
      // A separate process may end.
      if (crashRisk !== undefined && parentPort !== null) {
        send({ type: 'unsafe', crashRisk });
        return;
      }
      const session = await OnnxSession.load(request.model, inspected);
      const cpuMs = threadTimeMs() - startedAt;
      sessions.set(request.session, session);
      const signature = request.model.analyzeRowsOf;
      const rowAnalysis = signature && readRowAnalysis(onnx, signature);
      send({ type: 'ready', cost: { cpuMs }, facts: { crashRisk, rowAnalysis } });
      return;
    }
    case 'run': {
      const session = sessions.get(request.session);
      if (session === undefined) throw new Error('the model was unloaded');
      const { outputs, computeDurationMs } = await run(session, request.inputs);
      const packed = outputs.map(packTensor);
      send({ type: 'done', outputs: packed, computeDurationMs }, buffersOf(packed));
      return;
    }
    case 'unload': {
      const session = sessions.get(request.session);
      sessions.delete(request.session);
      await session?.release();
      send({ type: 'unloaded' });
      return;
    }
    case 'close': {
      for (const session of sessions.values()) await session.release();
      sessions.clear();
      if (parentPort === null) process.disconnect();
      else parentPort.close();
    }
  }
}

function receive(request: WorkerRequest): void {
  answer(request).catch((error: unknown) => {
    send({ type: 'failed', message: messageOf(error), isInput: error instanceof InputError });
  });
}

if (parentPort === null) {
  endWithParent();
  const join = joinParts((request) => {
    receive(request as WorkerRequest);
  });
  process.on('message', (part) => {
    join(part as MessagePart);
  });
  process.on('disconnect', () => process.exit(0));
} else {
  parentPort.on('message', receive);
}
await prepareOnnx();
send({ type: 'started', ...(isBackground && { threadFolder: threadFolder() }) });
