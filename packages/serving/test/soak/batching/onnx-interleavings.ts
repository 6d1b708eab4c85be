import { until } from '@fairlead/test-support/polling';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Signature, Tensor } from '@fairlead/signature';
import { memoryCache, ModelServer, ServingError } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { ManyModels } from '../../many-models.ts';
import { affine, MemorySource } from '../../memory-source.ts';
import { Random, seedOf } from '../random.ts';
import type { Tally } from './interleaving.ts';

const picky: Signature = {
  inputs: [{ name: 'index', datatype: 'INT64', shape: [-1] }],
  outputs: [{ name: 'value', datatype: 'FP32', shape: [-1] }],
};
const TABLE = [10, 20, 30];
/** Number that each version of the affine models adds to 2 x. */
const OFFSETS: Readonly<Record<string, number>> = { 1: 1, 2: 101 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Interleavings with ONNX models that really run, in process and in workers, under real time: what follows what is up to
 * the threads, so a seed repeats what is sent, and not the order of events.
 *
 * Each is a burst of requests of random models, sizes and fates, now and then with a swap on the way.
 */
export async function runOnnxInterleavings(
  count: number,
  seed: number,
  tally: Tally,
): Promise<void> {
  const versions = (runtime: string) => [
    { signature: affine, file: 'affine.onnx', runtime: { name: runtime } },
    { signature: affine, file: 'affine-next.onnx', runtime: { name: runtime } },
  ];
  const sources = {
    here: new MemorySource(versions('onnx')),
    workers: new MemorySource(versions('workers')),
    cached: new MemorySource(versions('workers')),
    picky: new MemorySource([
      { signature: picky, file: 'picky.onnx', runtime: { name: 'workers' } },
    ]),
    summed: new MemorySource([{ signature: affine, file: 'rows/running-sum.onnx' }]),
  };
  const models = ['here', 'workers', 'cached', 'picky', 'summed'] as const;
  const server = new ModelServer({
    source: new ManyModels(sources),
    runtimes: {
      onnx: onnxRuntime({ intraOpThreads: 1 }),
      workers: onnxRuntime({ workers: 2, intraOpThreads: 1 }),
    },
    circuitBreaker: false,
    onEvent: ({ type }) => {
      if (type === 'swapped') tally.swaps += 1;
    },
    observer: {
      inferenceStarted: () => undefined,
      inferenceFinished: () => undefined,
      executed: () => (tally.executions += 1),
    },
  });
  try {
    for (const model of models) {
      await server.serve(model, {
        ...(model === 'cached' && { cache: memoryCache({ maxBytes: 1e6 }) }),
      });
    }
    for (let index = 0; index < count; index += 1) {
      const random = new Random(seedOf(seed, index));
      await burst(server, random, models, tally).catch((error: unknown) => {
        throw new Error(`ONNX interleaving ${index} of seed ${seed}`, { cause: error });
      });
      if (!random.chance(0.1)) continue;
      const model = random.pick(['here', 'workers', 'cached'] as const);
      const to = random.pick([1, 2]);
      sources[model].point(to);
      // Some of the next bursts run into the swap, some come after it.
      if (random.chance(0.5))
        await until(() => server.find({ model }).label.version === String(to));
    }
  } finally {
    await server.close();
  }
}

async function burst(
  server: ModelServer,
  random: Random,
  models: readonly string[],
  tally: Tally,
): Promise<void> {
  const sent: Promise<void>[] = [];
  const requests = 5 + random.below(30);
  for (let serial = 1; serial <= requests; serial += 1) {
    const model = random.pick(models);
    // Requests of cached models have one of a few inputs.
    const base = model === 'cached' ? random.below(5) : serial;
    sent.push(ask(server, random, model, base, tally));
    if (random.chance(0.2)) await turn();
  }
  tally.steps += requests;
  await Promise.all(sent);
}

async function ask(
  server: ModelServer,
  random: Random,
  model: string,
  base: number,
  tally: Tally,
): Promise<void> {
  const rows = model === 'cached' ? 1 + base : 1 + random.below(20);
  const poisoned = model === 'picky' && random.chance(0.1);
  const numbers = Array.from({ length: 2 * rows }, (_, k) => base * 64 + k);
  const indices = Array.from({ length: rows }, (_, k) =>
    poisoned && k === 0 ? 7 : (base + k) % 3,
  );
  const input: Tensor =
    model === 'picky'
      ? {
          name: 'index',
          datatype: 'INT64',
          shape: [rows],
          data: BigInt64Array.from(indices, BigInt),
        }
      : { name: 'x', datatype: 'FP32', shape: [rows, 2], data: Float32Array.from(numbers) };
  const client = new AbortController();
  const leavesAfterMs = random.chance(0.15) ? random.below(4) : undefined;
  const timeoutMs = random.chance(0.15) ? 0.1 + 3 * random.next() : undefined;
  const { version } = server.find({ model }).label;
  const id = `r${base}-${rows}`;
  tally.requests += 1;
  const answer = server.infer(
    { model },
    { id, inputs: [input], priority: random.pick([0, 0, 1]) },
    { signal: client.signal, ...(timeoutMs !== undefined && { timeoutMs }) },
  );
  const ended = answer.then(
    (result) => {
      tally.ends.answered = (tally.ends.answered ?? 0) + 1;
      assert.ok(!poisoned, 'what is poisoned is never answered');
      assert.deepEqual({ id: result.id, version: result.version }, { id, version });
      const offset = OFFSETS[version] ?? NaN;
      const expected =
        model === 'picky'
          ? Float32Array.from(indices, (each) => TABLE[each] ?? NaN)
          : model === 'summed'
            ? runningSums(numbers)
            : Float32Array.from(numbers, (each) => 2 * each + offset);
      assert.deepEqual(result.outputs[0]?.data, expected, `${model} ${id}`);
    },
    (error: unknown) => {
      if (!(error instanceof ServingError)) throw error as Error;
      const { code } = error;
      tally.ends[code] = (tally.ends[code] ?? 0) + 1;
      const explained =
        (code === 'ERR_SERVING_CANCELED' && client.signal.aborted) ||
        (code === 'ERR_SERVING_DEADLINE_EXCEEDED' && timeoutMs !== undefined) ||
        (code === 'ERR_SERVING_RUN_FAILED' && poisoned);
      assert.ok(explained, `${model} ${id}: ${error.message}`);
    },
  );
  if (leavesAfterMs === 0) client.abort();
  else if (leavesAfterMs !== undefined)
    void sleep(leavesAfterMs).then(() => {
      client.abort();
    });
  await ended;
}

/** Sums of rows of two numbers, each with all rows before it. */
function runningSums(numbers: readonly number[]): Float32Array {
  const sums = Float32Array.from(numbers);
  for (let index = 2; index < sums.length; index++) {
    sums[index] = (sums[index] ?? 0) + (sums[index - 2] ?? 0);
  }
  return sums;
}
