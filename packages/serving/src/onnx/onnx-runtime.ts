import { availableParallelism } from 'node:os';
import type { RuntimeFactory } from '../runtime.ts';
import { ServingError } from '../serving-error.ts';
import { OnnxPool } from './onnx-pool.ts';

/** Options of {@link onnxRuntime}. */
export interface OnnxRuntimeOptions {
  /**
   * Worker threads for each version.
   * @defaultValue 1
   */
  readonly workers?: number;
  /**
   * Threads that one execution computes with.
   * @defaultValue the machine's cores divided by `workers`
   */
  readonly intraOpThreads?: number;
  /**
   * An execution that takes longer counts as hung, and its worker is replaced; in milliseconds.
   * @defaultValue 60000
   */
  readonly executionTimeoutMs?: number;
}

const DEFAULT_MODEL_PATH = 'model.onnx';

/**
 * Makes the runtime that runs ONNX models in worker threads, with `onnxruntime-node`.
 *
 * A version's artifact `model.onnx` is loaded, or the one that its runtime option `path` names.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function onnxRuntime({
  workers = 1,
  intraOpThreads = Math.max(1, Math.floor(availableParallelism() / workers)),
  executionTimeoutMs = 60_000,
}: OnnxRuntimeOptions = {}): RuntimeFactory {
  const least = { workers: 1, intraOpThreads: 1, executionTimeoutMs: 1 };
  const given = { workers, intraOpThreads, executionTimeoutMs };
  for (const [name, value] of Object.entries(given)) {
    const min = least[name as keyof typeof least];
    if (Number.isInteger(value) && value >= min && value < 2 ** 31) continue;
    throw new ServingError(
      'ERR_SERVING_INVALID_OPTION',
      `${name} is ${value}; it must be a whole number from ${min} to 2147483647`,
    );
  }

  return {
    async load(artifacts, { onEvent }) {
      const { model, version, signature, runtime } = artifacts.manifest;
      const title = `model "${model}" version ${version}`;
      const path = runtime.options?.path ?? DEFAULT_MODEL_PATH;
      if (typeof path !== 'string') {
        throw new ServingError(
          'ERR_SERVING_LOAD_FAILED',
          `${title}: runtime option "path" must be a string`,
        );
      }
      try {
        return await OnnxPool.start({
          title,
          workers,
          executionTimeoutMs,
          onEvent,
          readModel: async () => ({
            bytes: await artifacts.read(path),
            inputs: signature.inputs.map((input) => input.name),
            outputs: signature.outputs.map(({ name, datatype }) => ({ name, datatype })),
            intraOpThreads,
          }),
        });
      } catch (cause) {
        const detail = cause instanceof Error ? cause.message : String(cause);
        throw new ServingError('ERR_SERVING_LOAD_FAILED', `${title} can't be loaded: ${detail}`, {
          cause,
        });
      }
    },
  };
}
