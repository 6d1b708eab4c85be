import assert from 'node:assert/strict';
import type { Worker } from 'node:worker_threads';
import type { Tensor } from '@fairlead/signature';
import { ModelServer, ServingError } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource, slow } from '../../memory-source.ts';

/** Results of the requests around the loss of one worker. */
export interface Loss {
  /** Milliseconds from the loss until its successor gave its first answer. */
  readonly recoveredAfterMs: number;
  readonly answered: number;
  /** Those that the worker was executing. */
  readonly failed: number;
}

const REQUESTS = 40;
const HUNG_AFTER_MS = 1500;

/**
 * Ends the worker of a model, as a crash does, while requests come, and checks that each is answered.
 *
 * It is ended before it can read what it is sent: ending one that computes would abort the process, see `OnnxThread`.
 */
export async function killWorker(): Promise<Loss> {
  const workers: Worker[] = [];
  const collect = (worker: Worker): void => void workers.push(worker);
  process.on('worker', collect);
  const server = new ModelServer({
    source: new MemorySource([{ signature: affine }]),
    runtimes: { onnx: onnxRuntime({ workers: 1, intraOpThreads: 1 }) },
    maxBatchRows: 4,
    circuitBreaker: false,
  });
  try {
    await server.serve('m');
    const ask = async (value: number): Promise<'answered' | 'failed'> => {
      const x: Tensor = {
        name: 'x',
        datatype: 'FP32',
        shape: [1, 2],
        data: Float32Array.of(value, -value),
      };
      return outcomeOf(async () => {
        const { outputs } = await server.infer({ model: 'm' }, { inputs: [x] });
        assert.deepEqual(outputs[0]?.data, Float32Array.of(2 * value + 1, 1 - 2 * value));
      });
    };
    assert.equal(await ask(1), 'answered');
    const lostAt = performance.now();
    void workers.at(-1)?.terminate();
    const sent = Array.from({ length: REQUESTS }, (_, index) => ask(index));
    const loss = await lossOf(sent, lostAt);
    assert.equal(workers.length, 2, 'one worker took the place of the other');
    assert.equal(await server.ready(), true);
    return loss;
  } finally {
    process.off('worker', collect);
    await server.close();
  }
}

/** Hangs the only worker of a model, and measures from the moment at which it counts as hung. */
export async function hangWorker(): Promise<Loss> {
  const server = new ModelServer({
    source: new MemorySource([{ signature: slow, file: 'slow.onnx' }]),
    runtimes: {
      onnx: onnxRuntime({ workers: 1, intraOpThreads: 1, executionTimeoutMs: HUNG_AFTER_MS }),
    },
    circuitBreaker: false,
  });
  try {
    await server.serve('m');
    const ask = (count: number): Promise<'answered' | 'failed'> =>
      outcomeOf(async () => {
        const times: Tensor = {
          name: 'times',
          datatype: 'INT64',
          shape: [1],
          data: BigInt64Array.of(BigInt(count)),
        };
        const { outputs } = await server.infer({ model: 'm' }, { inputs: [times] });
        assert.equal(outputs[0]?.data.length, 1);
      });
    assert.equal(await ask(1), 'answered');
    const hung = ask(60_000);
    // Those that wait behind it.
    const waiting = Array.from({ length: REQUESTS - 1 }, () => ask(1));
    assert.equal(await hung, 'failed');
    const lostAt = performance.now();
    const loss = await lossOf([hung, ...waiting], lostAt);
    assert.equal(loss.failed, 1, 'only what hung fails');
    assert.equal(await server.ready(), true);
    return loss;
  } finally {
    await server.close();
  }
}

async function outcomeOf(ask: () => Promise<void>): Promise<'answered' | 'failed'> {
  try {
    await ask();
    return 'answered';
  } catch (error) {
    if (error instanceof ServingError && error.code === 'ERR_SERVING_RUN_FAILED') return 'failed';
    throw error;
  }
}

async function lossOf(
  sent: readonly Promise<'answered' | 'failed'>[],
  lostAt: number,
): Promise<Loss> {
  let recoveredAfterMs = Infinity;
  const outcomes = await Promise.all(
    sent.map(async (outcome) => {
      if ((await outcome) === 'failed') return 'failed';
      recoveredAfterMs = Math.min(recoveredAfterMs, performance.now() - lostAt);
      return 'answered';
    }),
  );
  const answered = outcomes.filter((outcome) => outcome === 'answered').length;
  return { recoveredAfterMs, answered, failed: outcomes.length - answered };
}
