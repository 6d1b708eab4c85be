import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const { file, shape } = workerData as { file: string; shape: number[] };
const columns = shape.reduce((product, length) => product * length, 1);
const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
parentPort?.on('message', (batch: Float32Array) => {
  const input = new Tensor('float32', batch, [batch.length / columns, ...shape]);
  void session.run({ x: input }).then(({ y }) => {
    const outputs = y?.data as Float32Array;
    parentPort?.postMessage(outputs, [outputs.buffer as ArrayBuffer]);
  });
});
