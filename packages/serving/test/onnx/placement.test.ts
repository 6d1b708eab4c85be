import { readFile } from 'node:fs/promises';
import type { Signature, Tensor } from '@fairlead/signature';
import { until } from '@fairlead/test-support/polling';
import { slowness } from '@fairlead/test-support/slowness';
import { afterEach, describe, expect, test } from 'vitest';
import { InProcessSession } from '../../src/onnx/in-process-session.ts';
import { MemoryMeter } from '../../src/onnx/memory-meter.ts';
import { OnnxHosts } from '../../src/onnx/onnx-hosts.ts';
import { OnnxPool } from '../../src/onnx/onnx-pool.ts';
import type { SessionResult } from '../../src/onnx/onnx-session.ts';
import { planPlacement, type PlacementFacts } from '../../src/onnx/plan-placement.ts';
import { onnxRuntime } from '../../src/onnx/index.ts';
import { affine, MemorySource, slow } from '../memory-source.ts';

const MEGABYTE = 1e6;
/** Measured times choose otherwise on a processor that takes longer. */
const IS_SLOW = slowness() > 2;
const facts: PlacementFacts = {
  cores: 8,
  rowMs: 20,
  modelBytes: 10 * MEGABYTE,
  memoryBytes: 16_000 * MEGABYTE,
  workers: undefined,
  intraOpThreads: undefined,
};

describe('the number of workers', () => {
  test.each([
    [
      "a slow model gets every core but the event loop's",
      {},
      7,
      1,
      '7 of 8 cores: one row takes 20.0 ms',
    ],
    [
      'a quick one gets one',
      { rowMs: 0.15 },
      1,
      1,
      'one row takes 0.150 ms, and its batches keep up',
    ],
    ['a single core is shared', { cores: 1 }, 1, 1, '1 of 1 cores'],
    ['copies end where memory does', { modelBytes: 1000 * MEGABYTE }, 2, 3, '2 of 7 workers'],
    ['one copy there must be', { modelBytes: 9000 * MEGABYTE }, 1, 7, '1 of 7 workers'],
    ['what cannot be timed gets one', { rowMs: undefined }, 1, 7, 'could not be timed'],
    ['what is configured is taken', { workers: 3 }, 3, 2, 'as configured'],
    ['threads too', { workers: 2, intraOpThreads: 5 }, 2, 5, 'as configured'],
  ])('%s', (_what, given, workers, intraOpThreads, reason) => {
    const plan = planPlacement({ ...facts, ...given });
    expect(plan).toMatchObject({ workers, intraOpThreads });
    expect(plan.reason).toContain(reason);
  });
});

const sample: Tensor = {
  name: 'x',
  datatype: 'FP32',
  shape: [1, 2],
  data: new Float32Array([1, 2]),
};

describe('running in process', () => {
  const sessions: InProcessSession[] = [];
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
  });

  async function measured(
    signature: Signature,
    file: string,
    roundTripMs: number,
    input = sample,
    loadCpuMs = 1,
    cores = 2,
  ): Promise<InProcessSession | undefined> {
    const bytes = await readFile(new URL(`../models/${file}`, import.meta.url));
    const model = {
      bytes,
      externalData: [],
      inputs: signature.inputs.map(({ name }) => name),
      outputs: signature.outputs,
    };
    const worker = { computeMs: 0.01, roundTripMs, loadCpuMs };
    const readModel = (): Promise<typeof model> => Promise.resolve(model);
    const session = await InProcessSession.measure(readModel, signature, [input], worker, {
      meter: new MemoryMeter(),
      cores,
    });
    if (session !== undefined) sessions.push(session);
    return session;
  }

  test('is chosen for a tiny model that answers sooner there, for few rows at a time', async () => {
    // Other processes may take the processor while it is measured.
    const session = await until(() => measured(affine, 'affine.onnx', 10_000));
    const when = IS_SLOW ? '(?: while nothing else is executed)?' : '';
    expect(session.reason).toMatch(
      new RegExp(`^up to \\d+ rows${when}: \\d\\.\\d+ ms in process, 10000\\.000 ms by a`),
    );
    const { outputs } = await session.run([sample]);
    expect(outputs[0]?.data).toEqual(new Float32Array([3, 5]));
    expect(session.takes([sample], session.reason.includes('while nothing else'))).toBe(true);
    const many = { ...sample, shape: [1000, 2], data: new Float32Array(2000) };
    expect(session.takes([many], true)).toBe(false);
  });

  test('takes large requests only where there is one core: elsewhere a worker computes while the next one is received', async () => {
    // More than is tried for executions beside others.
    const large = { ...sample, shape: [140_000, 2], data: new Float32Array(280_000) };
    for (const cores of [1, 2]) {
      const session = await until(() => measured(affine, 'affine.onnx', 10_000, large, 1, cores));
      expect([session.takes([large], true), session.takes([large], false)]).toEqual([
        cores === 1,
        false,
      ]);
    }
  });

  test('is not chosen when a worker is sooner', async () => {
    expect(await measured(affine, 'affine.onnx', 0)).toBeUndefined();
  });

  test('is not chosen for a model that took longer than 20 ms to load in its worker', async () => {
    expect(await measured(affine, 'affine.onnx', 10_000, sample, 20.1)).toBeUndefined();
  });

  test('is not chosen for a model that repeats as often as its data say', async () => {
    const data = new BigInt64Array([1n]);
    const once: Tensor = { name: 'times', datatype: 'INT64', shape: [1], data };
    expect(await measured(slow, 'slow.onnx', 10_000, once)).toBeUndefined();
  });

  test('is not chosen where another dimension than the first varies', async () => {
    const [input] = affine.inputs;
    const varied = { ...affine, inputs: [{ ...input, shape: [-1, -1] }] } as Signature;
    expect(await measured(varied, 'affine.onnx', 10_000)).toBeUndefined();
  });
});

test('what is no trifle runs in process only while nothing else is executed', async () => {
  const bytes = await readFile(new URL('../models/affine.onnx', import.meta.url));
  const pool = new OnnxPool({
    title: 'm',
    readModel: () =>
      Promise.resolve({
        bytes: Uint8Array.from(bytes),
        externalData: [],
        inputs: ['x'],
        outputs: affine.outputs,
      }),
    executionTimeoutMs: 30_000,
    loadTimeoutMs: 30_000,
    hosts: new OnnxHosts(),
    onEvent: () => undefined,
  });
  const here = Promise.withResolvers<SessionResult>();
  const calls: boolean[] = [];
  await pool.place(
    { workers: 1, intraOpThreads: 1, reason: '' },
    {
      takes: (_inputs, alone) => {
        calls.push(alone);
        return alone;
      },
      residentBytes: 0,
      run: () => here.promise,
      close: () => Promise.resolve(),
    },
  );
  const context = { signal: new AbortController().signal, requestIds: [], ownsInputs: false };
  const first = pool.execute([sample], context);
  const second = pool.execute([sample], context);
  expect((await second).outputs[0]?.data).toEqual(new Float32Array([3, 5]));
  here.resolve({ outputs: [], computeDurationMs: 0 });
  expect((await first).outputs).toEqual([]);
  await Promise.all([pool.execute([sample], context), pool.execute([sample], context)]);
  expect(calls).toEqual([true, false, true, false]);
  await pool.close();
});

test('a version says where it computes and why; few rows and many give the same', async () => {
  const artifacts = await new MemorySource([
    { signature: affine, file: 'affine.onnx' },
  ]).openVersion('m', 1);
  const runtime = await onnxRuntime().load(artifacts, { onEvent: () => undefined });
  try {
    expect(runtime.placement).toMatchObject({ workers: 1, intraOpThreads: 1 });
    expect(runtime.placement?.reason).toMatch(
      IS_SLOW
        ? /^(?:one worker|1 of \d+ cores): one row takes/
        : /^one worker: one row takes 0\.\d+ ms/,
    );
    const context = { signal: new AbortController().signal, requestIds: [], ownsInputs: false };
    for (const rows of [1, 5000]) {
      const data = new Float32Array(rows * 2).fill(3);
      const input: Tensor = { name: 'x', datatype: 'FP32', shape: [rows, 2], data };
      const { outputs } = await runtime.execute([input], context);
      expect(outputs[0]?.data).toEqual(new Float32Array(rows * 2).fill(7));
    }
  } finally {
    await runtime.close();
  }
});
