import { Worker } from 'node:worker_threads';
import type { Tensor } from '@fairlead/signature';
import type { OrtJob } from './onnxruntime-worker.ts';

/**
 * Runs a model file with ONNX Runtime alone, in a separate thread, to compare its outputs with those of the library.
 *
 * Outputs have the datatypes of `like`. Rejects with what ONNX Runtime says, or when it takes longer than `timeoutMs`.
 */
export async function runWithOnnxRuntime(
  job: OrtJob,
  timeoutMs: number,
): Promise<readonly Tensor[]> {
  const worker = new Worker(new URL('./onnxruntime-worker.ts', import.meta.url), {
    workerData: job,
  });
  const { promise, resolve, reject } = Promise.withResolvers<readonly Tensor[]>();
  const timer = setTimeout(reject, timeoutMs, new Error(`no answer within ${timeoutMs} ms`));
  worker.once('message', resolve);
  worker.once('error', reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
