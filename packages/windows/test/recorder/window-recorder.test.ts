import { seededRandom, type Tensor } from '@fairlead/signature';
import {
  baselineDocument,
  countedValues,
  createBaseline,
  decodeBaseline,
  encodeWindow,
  mergeWindows,
  type RecordedInference,
  type Window,
  WindowRecorder,
  type WindowRecorderOptions,
  withRowWidths,
} from '@fairlead/windows';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';

const label = { model: 'churn', version: '3' };
const inputs = [
  { name: 'x', datatype: 'FP32', shape: [-1, 2], features: [{ name: 'age' }, { name: 'income' }] },
  { name: 'city', datatype: 'BYTES', shape: [-1] },
] as const;
const outputs = [{ name: 'y', datatype: 'INT64', shape: [-1] }] as const;
const numbers = Array.from({ length: 200 }, (_, row) => Math.sin(row) * 50);
const baseline = createBaseline(
  {
    age: numbers.map((_, row) => row % 70),
    income: numbers,
    city: numbers.map((_, row) => ['Bern', 'Genf', 'Zürich'][row % 3]),
    y: numbers.map((_, row) => row % 2),
  },
  { signature: { inputs, outputs } },
);

function inference(
  rows: readonly (readonly [number, number, string, number])[],
): RecordedInference {
  const x = Float32Array.from(rows.flatMap(([age, income]) => [age, income]));
  return {
    label,
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [rows.length, 2], data: x },
      {
        name: 'city',
        datatype: 'BYTES',
        shape: [rows.length],
        data: rows.map(([, , city]) => Buffer.from(city)),
      },
    ],
    outputs: [
      {
        name: 'y',
        datatype: 'INT64',
        shape: [rows.length],
        data: BigInt64Array.from(rows, ([, , , y]) => BigInt(y)),
      },
    ],
  };
}

const open: WindowRecorder[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(open.splice(0).map((recorder) => recorder.close()));
});

function setUp(options: Partial<WindowRecorderOptions> = {}) {
  const windows: Window[] = [];
  const clock = { now: 0 };
  const recorder = new WindowRecorder({
    store: {
      add: (window) => {
        windows.push(window);
        return Promise.resolve();
      },
    },
    baselineOf: () => baseline,
    now: () => clock.now,
    random: seededRandom('recorder'),
    ...options,
  });
  open.push(recorder);
  return { recorder, windows, clock };
}

/** Lets the event loop make the windows. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const finished = { ...label, outcome: 'success', rows: 1, requestDurationMs: 2 } as const;

test('requests of models, versions and variants that take turns are counted separately', async () => {
  const { recorder, windows } = setUp({ baselineOf: () => undefined });
  const labels = [
    { model: 'churn', version: '3' },
    { model: 'churn', version: '4' },
    { model: 'fraud', version: '4' },
    { model: 'fraud', version: '4', variant: 'canary' },
    { model: 'fraud', version: '4', variant: 'stable' },
  ];
  // Each label follows itself and each other one.
  for (const first of labels) {
    for (const second of labels) {
      for (const each of [first, second]) recorder.inferenceFinished({ ...finished, ...each });
    }
  }
  await recorder.flush();
  recorder.inferenceFinished({ ...finished, ...labels[4] });
  await recorder.flush();
  const counted = windows.map(({ model, version, variant, requests }) => [
    ...[model, version, variant, requests],
  ]);
  expect(counted).toEqual([
    ...labels.map(({ model, version, variant }) => [model, version, variant, 10]),
    ['fraud', '4', 'stable', 1],
  ]);
});

test.each([
  [
    'features of which one is sensitive',
    [{ name: 'v' }, { name: 'ssn', sensitive: true }],
    'inputs',
  ],
  ['outputs of which the training table has one', [{ name: 'v' }, { name: 'w' }], 'outputs'],
] as const)('a tensor of shape [2] is a row, not a list: %s', async (_, features, side) => {
  const column = side === 'inputs' ? 'features' : 'outputs';
  const tensor = { name: 'x', datatype: 'FP64', shape: [2], features } as const;
  const signature = { inputs: [], outputs: [], [side]: [tensor] };
  const created = createBaseline({ v: [30, 40, 50] }, { signature });
  // Of a training script, which doesn't write the width.
  const scripted = created[column].map(({ width: _width, ...rest }) => rest);
  const written = { ...created, [column]: scripted };
  const given = { ...tensor, data: Float64Array.of(44, 123_456_789) };
  for (const known of [
    decodeBaseline(baselineDocument(created)),
    withRowWidths(written, signature),
  ]) {
    const { recorder, windows } = setUp({ baselineOf: () => known });
    recorder.record({ label, inputs: [], outputs: [], [side]: [given] });
    await recorder.flush();
    expect(windows[0]?.[column]).toMatchObject([{ name: 'v', counts: { min: 44, max: 44 } }]);
    expect(JSON.stringify(windows)).not.toContain('123456789');
  }
});

test('requests, failures, fallbacks, cache hits, latency and values are counted', async () => {
  const { recorder, windows } = setUp();
  recorder.inferenceFinished({ ...finished, rows: 3, cache: 'hit' });
  recorder.inferenceFinished({
    ...finished,
    outcome: 'failure',
    reason: 'BACKEND',
    requestDurationMs: 30,
  });
  recorder.inferenceFinished({ ...finished, outcome: 'failure', cache: 'miss' });
  recorder.inferenceFinished({ ...finished, outcome: 'fallback' });
  recorder.record(
    inference([
      [31, 1e6, 'Bern', 1],
      [NaN, -1e6, 'Bonn', 0],
      [69, 0, 'Zürich', -5],
    ]),
  );
  recorder.recordOutcome(label, 'revenue', 1.5);
  recorder.recordOutcome(label, 'revenue', NaN);
  await recorder.flush();
  expect(windows).toHaveLength(1);
  expect(windows[0]).toMatchObject({
    model: 'churn',
    version: '3',
    from: 0,
    to: 300_000,
    windows: 1,
    requests: 4,
    rows: 6,
    failures: { BACKEND: 1, OTHER: 1 },
    fallbacks: 1,
    cacheHits: 1,
    latency: { sumUs: 36_000 },
    sample: { rows: 3, weight: 3, squaredWeight: 3 },
    features: [
      { name: 'age', counts: { missing: 1, min: 31, max: 69 } },
      { name: 'income', counts: { under: 1, over: 1, underSum: [-1e6], overSum: [1e6] } },
      { name: 'city', counts: { other: 1 } },
    ],
    outputs: [{ name: 'y', counts: { counts: [1, 1], under: 1, underSum: [-5] } }],
    outcomes: { revenue: { count: 1, sum: [1.5], sumOfSquares: [2.25] } },
    lost: { requests: 0, windows: 0 },
  });
  expect(windows[0]?.features.map(({ counts }) => countedValues(counts))).toEqual([2, 3, 3]);
});

const tensors: readonly (readonly [Tensor, number])[] = [
  [{ name: 'v', datatype: 'INT8', shape: [2], data: Int8Array.of(-7, 7) }, -7],
  [{ name: 'v', datatype: 'UINT8', shape: [2], data: Uint8Array.of(200, 7) }, 200],
  [{ name: 'v', datatype: 'INT16', shape: [2], data: Int16Array.of(-300, 7) }, -300],
  [{ name: 'v', datatype: 'UINT16', shape: [2], data: Uint16Array.of(60_000, 7) }, 60_000],
  [{ name: 'v', datatype: 'INT32', shape: [2], data: Int32Array.of(-70_000, 7) }, -70_000],
  [{ name: 'v', datatype: 'UINT32', shape: [2], data: Uint32Array.of(4e9, 7) }, 4e9],
  [{ name: 'v', datatype: 'INT64', shape: [2], data: BigInt64Array.of(-1n, 7n) }, -1],
  [
    { name: 'v', datatype: 'INT64', shape: [2], data: BigInt64Array.of(-(2n ** 40n) - 5n, 7n) },
    -(2 ** 40) - 5,
  ],
  [{ name: 'v', datatype: 'UINT64', shape: [2], data: BigUint64Array.of(2n ** 63n, 7n) }, 2 ** 63],
  [{ name: 'v', datatype: 'FP16', shape: [2], data: Uint16Array.of(0xc000, 0x4700) }, -2],
  [{ name: 'v', datatype: 'FP32', shape: [2], data: Float32Array.of(0.7, 7) }, Math.fround(0.7)],
  [{ name: 'v', datatype: 'FP64', shape: [2, 1], data: Float64Array.of(0.7, 7) }, 0.7],
];

test.each(tensors)('values of $datatype are counted as numbers: %#', async (tensor, value) => {
  const { datatype } = tensor;
  const signature = { inputs: [{ name: 'v', datatype, shape: [-1] }], outputs: [] };
  const own = createBaseline({ v: [value, 7] }, { signature });
  const { recorder, windows } = setUp({ baselineOf: () => own });
  recorder.record({ label, inputs: [tensor], outputs: [] });
  await recorder.flush();
  expect(windows[0]?.features[0]?.counts).toMatchObject({
    counts: [1, 1],
    min: Math.min(value, 7),
    max: Math.max(value, 7),
  });
});

test('booleans, a scalar, and one row without a batch dimension are counted', async () => {
  const signature = {
    inputs: [
      { name: 'b', datatype: 'BOOL', shape: [-1] },
      { name: 's', datatype: 'FP32', shape: [] },
      { name: 'row', datatype: 'INT32', shape: [3] },
    ],
    outputs: [],
  } as const;
  const columns = {
    b: [true, false],
    s: [5, 5],
    'row[0]': [1, 1],
    'row[1]': [2, 2],
    'row[2]': [3, 3],
  };
  const own = createBaseline(columns, { signature });
  const { recorder, windows } = setUp({ baselineOf: () => own });
  recorder.record({
    label,
    inputs: [
      { name: 'b', datatype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
      { name: 's', datatype: 'FP32', shape: [], data: Float32Array.of(5) },
      { name: 'row', datatype: 'INT32', shape: [3], data: Int32Array.of(1, 2, 9) },
      { name: 'unknown', datatype: 'INT32', shape: [3], data: Int32Array.of(1, 2, 9) },
    ],
    outputs: [],
  });
  await recorder.flush();
  const features = windows[0]?.features ?? [];
  expect(features.map(({ name, counts }) => [name, counts.counts, counts.over])).toEqual([
    ['b', [1, 2], 0],
    ['s', [1], 0],
    ['row[0]', [1], 0],
    ['row[1]', [1], 0],
    ['row[2]', [0], 1],
  ]);
});

test('recorders on many hosts, merged in any order, equal one that saw everything', async () => {
  const row = fc.tuple(
    fc.oneof(fc.integer({ min: -5, max: 90 }), fc.constant(NaN)),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.constantFrom('Bern', 'Genf', 'Bonn', ''),
    fc.constantFrom(0, 1, 2),
  );
  const event = fc.record({
    host: fc.nat({ max: 3 }),
    at: fc.nat({ max: 900_000 }),
    rows: fc.array(row, { minLength: 1, maxLength: 5 }),
    failed: fc.boolean(),
    outcome: fc.double({ noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 30 }),
      fc.nat(),
      async (events, seed) => {
        const hosts = Array.from({ length: 5 }, () => setUp({ jitterMs: 0 }));
        const [all, ...others] = hosts;
        for (const { host, at, rows, failed, outcome } of events.sort((a, b) => a.at - b.at)) {
          for (const { recorder, clock } of [all, others[host]].filter(
            (each) => each !== undefined,
          )) {
            clock.now = at;
            recorder.inferenceFinished({
              ...finished,
              rows: rows.length,
              requestDurationMs: at / 1000,
              ...(failed && { outcome: 'failure', reason: 'BACKEND' }),
            });
            if (!failed) recorder.record(inference(rows));
            recorder.recordOutcome(label, 'revenue', outcome);
          }
        }
        await Promise.all(hosts.map(({ recorder }) => recorder.close()));
        const parts = others.flatMap(({ windows }) => windows);
        for (let last = parts.length - 1; last > 0; last -= 1) {
          const other = (seed + last * 7919) % (last + 1);
          parts.push(...parts.splice(other, 1));
        }
        const merged = mergeWindows(parts);
        const whole = mergeWindows(all?.windows ?? []);
        expect(encodeWindow({ ...merged, windows: 1 })).toBe(
          encodeWindow({ ...whole, windows: 1 }),
        );
      },
    ),
    { numRuns: 25 },
  );
});

test('a window ends with its slot, and is stored within the jitter', async () => {
  vi.useFakeTimers({ now: 1_000_000, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const { recorder, windows } = setUp({ now: Date.now, random: () => 0.5 });
  recorder.inferenceFinished(finished);
  await vi.advanceTimersByTimeAsync(200_000);
  expect(windows).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(15_000);
  await turn();
  expect(windows).toMatchObject([{ from: 900_000, to: 1_200_000, requests: 1 }]);
  // Nothing happens in the next slots.
  await vi.advanceTimersByTimeAsync(900_000);
  await turn();
  expect(windows).toHaveLength(1);
});

test('close stores windows at once that wait for the jitter', async () => {
  const { recorder, windows, clock } = setUp({ jitterMs: 300_000 });
  recorder.inferenceFinished(finished);
  clock.now = 300_000;
  recorder.inferenceFinished(finished);
  expect(windows).toHaveLength(0);
  await recorder.close();
  expect(windows.map(({ from }) => from).sort()).toEqual([0, 300_000]);
});

test('a request in the next slot ends the window, also when the timer is late; a clock set back continues it', async () => {
  const { recorder, windows, clock } = setUp({ jitterMs: 0 });
  recorder.inferenceFinished(finished);
  clock.now = 300_000;
  recorder.inferenceFinished(finished);
  clock.now = 299_999;
  recorder.inferenceFinished(finished);
  await recorder.flush();
  expect(windows.map(({ from, requests }) => [from, requests])).toEqual([
    [0, 1],
    [300_000, 2],
  ]);
});

test('of many rows a sample is counted, and counts stay unbiased', async () => {
  const total = 40 * 5000;
  const { recorder, windows, clock } = setUp({ maxValuesPerSecond: 8000, maxValuesAtOnce: 8000 });
  const batch = inference(Array.from({ length: 5000 }, (_, row) => [31, 0, 'Bern', row % 2]));
  for (let second = 0; second < 40; second += 1) {
    clock.now = second * 1000;
    recorder.record(batch);
  }
  await recorder.flush();
  const { sample, outputs } = windows[0] ?? {};
  expect(sample?.rows).toBeLessThan((40 * 8000) / 4);
  expect(sample?.rows).toBeGreaterThan((40 * 8000) / 32);
  expect(Math.abs((sample?.weight ?? 0) / total - 1)).toBeLessThan(0.05);
  // Half of the rows; the order of the rows alternates, as does a sample of every 32nd row.
  const odd = outputs?.[0]?.counts.counts[1] ?? 0;
  expect(Math.abs(odd / (total / 2) - 1)).toBeLessThan(0.15);
});

test('single requests under load are sampled too, with their weights', async () => {
  const { recorder, windows, clock } = setUp({ maxValuesPerSecond: 4000, maxValuesAtOnce: 4000 });
  const single = inference([[31, 0, 'Bern', 1]]);
  for (let request = 0; request < 40_000; request += 1) {
    clock.now = Math.floor(request / 4000) * 1000;
    recorder.record(single);
  }
  await recorder.flush();
  const { sample } = windows[0] ?? {};
  expect(sample?.rows).toBeLessThanOrEqual((10 * 4000) / 4 + 40);
  expect(Math.abs((sample?.weight ?? 0) / 40_000 - 1)).toBeLessThan(0.1);
  expect(sample?.squaredWeight).toBeGreaterThan(sample?.weight ?? 0);
});

test('with the default limits a burst is counted whole, and of a load that lasts 50,000 values a second', async () => {
  const { recorder, windows, clock } = setUp({});
  const rowsOf = (): number => windows.at(-1)?.sample.rows ?? 0;
  const single = inference([[31, 0, 'Bern', 1]]);
  // 100,000 values within a second.
  for (let request = 0; request < 25_000; request += 1) {
    clock.now = Math.floor(request / 25);
    recorder.record(single);
  }
  await recorder.flush();
  expect(rowsOf()).toBe(25_000);
  // 400,000 values a second for a minute; of the time before, it counts at most a million more.
  const many = inference(Array.from({ length: 100 }, () => [31, 0, 'Bern', 1]));
  for (let ms = 300_000; ms < 360_000; ms += 1) {
    clock.now = ms;
    recorder.record(many);
  }
  await recorder.flush();
  const { sample } = windows.at(-1) ?? {};
  expect(rowsOf() * 4).toBeGreaterThan(60 * 50_000 * 0.98);
  expect(rowsOf() * 4).toBeLessThan(60 * 50_000 * 1.02 + 1_000_000);
  expect(Math.abs((sample?.weight ?? 0) / 6_000_000 - 1)).toBeLessThan(0.02);
});

test('a store that fails loses windows, which the following window reports', async () => {
  const stored: Window[] = [];
  let isAway = true;
  const errors: unknown[] = [];
  const { recorder, clock } = setUp({
    jitterMs: 0,
    store: {
      add: (window) => {
        if (isAway) return Promise.reject(new Error('the store is away'));
        stored.push(window);
        return Promise.resolve();
      },
    },
    onError: (error) => errors.push(error),
  });
  for (let slot = 0; slot < 3; slot += 1) {
    clock.now = slot * 300_000;
    recorder.inferenceFinished(finished);
    recorder.inferenceFinished(finished);
    await recorder.flush();
  }
  isAway = false;
  clock.now += 300_000;
  // No further request: the losses have a window nevertheless.
  await recorder.flush();
  expect(stored).toMatchObject([{ requests: 0, lost: { requests: 6, windows: 3 } }]);
  // Two of the failed windows reported losses only.
  expect(errors).toHaveLength(5);
  const lost = { requests: 6, windows: 3 };
  expect(recorder.counts).toEqual({ requests: 6, stored: 1, waiting: 0, lost });
});

test('invalid records, a failing baseline and a failing clock never throw, and are counted as lost', async () => {
  const { recorder, windows, clock } = setUp({
    baselineOf: ({ version }) => {
      if (version === '4') throw new Error('no such version');
      return baseline;
    },
    onError: () => {
      throw new Error('of the callback');
    },
  });
  // Both fail for one request.
  recorder.record({ ...inference([[31, 0, 'Bern', 1]]), label: { ...label, version: '4' } });
  recorder.inferenceFinished({ ...finished, version: '4' });
  recorder.record({ label, inputs: null as never, outputs: [] });
  recorder.inferenceFinished({ ...finished, rows: 1, requestDurationMs: NaN });
  recorder.countLost(label, 7);
  clock.now = 1;
  await recorder.flush();
  const lost = windows.map(({ version, lost: { requests } }) => [version, requests]);
  expect(lost).toEqual([
    ['3', 8],
    ['4', 1],
  ]);
});

test('more versions than the limit are not recorded, and counted as lost', async () => {
  const { recorder, windows } = setUp({ maxVersions: 2 });
  for (const version of ['1', '2', '3', '3']) {
    recorder.record({ ...inference([[31, 0, 'Bern', 1]]), label: { ...label, version } });
    recorder.inferenceFinished({ ...finished, version });
  }
  expect(recorder.counts).toMatchObject({ requests: 2, lost: { requests: 2, windows: 0 } });
  await recorder.flush();
  expect(windows.map(({ version, requests, lost }) => [version, requests, lost.requests])).toEqual([
    ['1', 1, 0],
    ['2', 1, 0],
    ['3', 0, 2],
  ]);
});

test('hostile reasons and outcome names stay bounded', async () => {
  const { recorder, windows } = setUp();
  for (let index = 0; index < 200; index += 1) {
    const name = `${index}`.repeat(1000);
    recorder.inferenceFinished({ ...finished, outcome: 'failure', reason: name });
    recorder.recordOutcome(label, name, 1);
  }
  await recorder.flush();
  const { failures = {}, outcomes = {} } = windows[0] ?? {};
  expect(Object.keys(failures).length).toBeLessThanOrEqual(65);
  expect(Object.values(failures).reduce((sum, count) => sum + count)).toBe(200);
  expect(Object.keys(outcomes).length).toBeLessThanOrEqual(64);
  expect(windows.map(encodeWindow).join('').length).toBeLessThan(40_000);
});

test('close waits for a store that hangs no longer than its limit, and later events are ignored', async () => {
  const { recorder } = setUp({
    closeTimeoutMs: 20,
    store: { add: () => new Promise<void>(() => undefined) },
  });
  recorder.inferenceFinished(finished);
  await recorder.close();
  recorder.inferenceFinished(finished);
  recorder.record(inference([[31, 0, 'Bern', 1]]));
  await recorder.close();
});

test.each<[Partial<WindowRecorderOptions>, string]>([
  [{ slotMs: 7000 }, 'must be whole seconds that divide an hour, which is 3600000 ms, got 7000'],
  [{ slotMs: 2500 }, 'must be whole seconds that divide an hour'],
  [{ slotMs: 10 }, 'slotMs must be an integer from 1000 to 3600000, got 10'],
  [{ jitterMs: 300_001 }, 'jitterMs must be an integer from 0 to 300000'],
  [{ store: {} as never }, 'store must have a method add'],
  [{ baselineOf: 7 as never }, 'baselineOf must be a function, got number'],
  [{ slotms: 7 } as never, 'Did you mean `slotMs`?'],
])('wrong options are rejected: %j', (options, message) => {
  const create = () => setUp(options);
  expect(create).toThrow(message);
  expect(create).toThrow(expect.objectContaining({ code: 'ERR_WINDOWS_INVALID_OPTION' }) as Error);
});

test('inputs are read where the baseline of the version has features', () => {
  const ofOutputs = createBaseline(
    { y: numbers.map((_, row) => row % 2) },
    { signature: { inputs: [], outputs } },
  );
  const baselineOf = ({ version }: { readonly version: string }) =>
    ({ '1': baseline, '2': ofOutputs })[version];
  const { recorder } = setUp({ baselineOf });
  const reads = ['1', '2', '3'].map((version) => recorder.readsInputs({ model: 'm', version }));
  expect(reads).toEqual([true, false, false]);
});

test('a record whose inputs are empty counts its outputs', async () => {
  const { recorder, windows } = setUp();
  const record = inference([[30, 1, 'Bern', 1]]);
  const moved = record.inputs.map((each) => ({
    ...each,
    data: each.datatype === 'BYTES' ? [] : new Float32Array(),
  })) as Tensor[];
  recorder.record({ ...record, inputs: moved });
  await recorder.flush();
  const [window] = windows;
  expect(window?.outputs.map(({ counts }) => countedValues(counts))).toEqual([1]);
  expect(window?.features.map(({ counts }) => countedValues(counts))).toEqual([0, 0, 0]);
});
