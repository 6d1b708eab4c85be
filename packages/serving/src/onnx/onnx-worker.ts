import { parentPort } from 'node:worker_threads';
import { datatypes, type Tensor } from '@fairlead/signature';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { WorkerModel, WorkerOutput, WorkerRequest, WorkerResponse } from './worker-message.ts';

// Runs in a worker thread of its own: onnxruntime-node computes synchronously, and would block the event loop.

const port = parentPort;
if (port === null) throw new Error('onnx-worker is the entry of a worker thread');

// onnxruntime-node up to 1.30 reads a Float16Array as empty; where there is none it takes the bits as a Uint16Array.
Reflect.deleteProperty(globalThis, 'Float16Array');

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function send(response: WorkerResponse, transfer: readonly ArrayBuffer[] = []): void {
  port?.postMessage(response, transfer);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function toOrt(tensor: Tensor): OrtTensor {
  const type = datatypes[tensor.datatype].onnx as OrtTensor.Type;
  const data =
    tensor.datatype === 'BYTES' ? tensor.data.map((bytes) => decoder.decode(bytes)) : tensor.data;
  return new OrtTensor(type, data, tensor.shape);
}

function fromOrt({ name, datatype }: WorkerOutput, value: OrtTensor | undefined): Tensor {
  const info = datatypes[datatype];
  if (value === undefined) throw new Error(`the model gave no output "${name}"`);
  if (value.type !== info.onnx) {
    throw new Error(`output "${name}" is ${value.type}, the signature says ${datatype}`);
  }
  const { dims: shape, data } = value;
  if (datatype === 'BYTES') {
    const strings = data as readonly string[];
    return { name, datatype, shape, data: strings.map((text) => encoder.encode(text)) };
  }
  // Its type was compared above.
  return { name, datatype, shape, data } as Tensor;
}

function compareNames(kind: string, promised: readonly string[], actual: readonly string[]): void {
  const missing = promised.filter((name) => !actual.includes(name));
  const more = kind === 'input' ? actual.filter((name) => !promised.includes(name)) : [];
  if (missing.length + more.length === 0) return;
  throw new Error(
    `the signature has ${kind}s ${JSON.stringify(promised)}, the model file has ${JSON.stringify(actual)}`,
  );
}

async function load(model: WorkerModel): Promise<InferenceSession> {
  const session = await InferenceSession.create(model.bytes, {
    intraOpNumThreads: model.intraOpThreads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // Errors reach the caller as exceptions; warnings about the graph help nobody who serves it.
    logSeverityLevel: 3,
  });
  const outputs = model.outputs.map((output) => output.name);
  compareNames('input', model.inputs, session.inputNames);
  compareNames('output', outputs, session.outputNames);
  return session;
}

async function run(
  session: InferenceSession,
  outputs: readonly WorkerOutput[],
  tensors: readonly Tensor[],
): Promise<void> {
  const feeds = Object.fromEntries(tensors.map((tensor) => [tensor.name, toOrt(tensor)]));
  const startedAt = performance.now();
  const results = await session.run(
    feeds,
    outputs.map((output) => output.name),
  );
  const computeDurationMs = performance.now() - startedAt;
  const given = outputs.map((output) => fromOrt(output, results[output.name]));
  const buffers = given.flatMap(({ data }) => (ArrayBuffer.isView(data) ? [data.buffer] : []));
  send({ type: 'done', outputs: given, computeDurationMs }, [...new Set(buffers)] as ArrayBuffer[]);
}

let session: InferenceSession | undefined;
let outputs: readonly WorkerOutput[] = [];

async function answer(request: WorkerRequest): Promise<void> {
  if (request.type === 'load') {
    session = await load(request.model);
    ({ outputs } = request.model);
    send({ type: 'ready' });
  } else if (request.type === 'close') {
    await session?.release();
    port?.close();
  } else if (session !== undefined) {
    await run(session, outputs, request.inputs);
  }
}

port.on('message', (request: WorkerRequest) => {
  answer(request).catch((error: unknown) => {
    send({ type: 'failed', message: messageOf(error) });
  });
});
