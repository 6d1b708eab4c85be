import { DriftError, DriftWatch, type DriftWatchOptions, type WindowSource } from '@fairlead/drift';
import { baselineDigest, type WindowStore } from '@fairlead/windows';
import { expect, expectTypeOf, test, vi } from 'vitest';
import { HOUR_MS } from '../support/count-values.ts';
import { baseline, hour, label, watchedFleet } from '../support/watched-fleet.ts';

const means = (...list: readonly number[]) => list.map((mean, index) => hour(index, mean));

test('the store of windows is a source of a watch', () => {
  expectTypeOf<WindowStore>().toExtend<WindowSource>();
});

test('each finished hour gets a verdict, and a drift that begins and ends is two changes', async () => {
  const { options, verdicts, recorded } = watchedFleet(means(0, 0, 1, 1, 1, 0, 0, 0));
  const { created, latest } = await new DriftWatch(options).check(label);
  expect(created.map(({ status }) => status)).toEqual([
    'insufficient data',
    'ok',
    'ok',
    ...Array<string>(4).fill('drift'),
    'ok',
  ]);
  expect(latest).toEqual(created.at(-1));
  expect(created[3]).toMatchObject({
    from: 3 * HOUR_MS,
    to: 4 * HOUR_MS,
    summary: { drift: 1, ok: 0, 'insufficient data': 0 },
    drifted: [{ name: 'age', role: 'feature', since: 2 * HOUR_MS }],
    began: [{ name: 'age', role: 'feature' }],
    ended: [],
  });
  expect(created[6]?.drifted[0]?.since).toBe(2 * HOUR_MS);
  expect([...verdicts.bodies.keys()].slice(-2)).toEqual([
    'drift/churn/3/hour/1970-01-01/06.json',
    'drift/churn/3/hour/1970-01-01/07.json',
  ]);
  expect([...recorded.keys()]).toEqual([
    'drift/churn/3/hour/1970-01-01/03.json began',
    'drift/churn/3/hour/1970-01-01/07.json ended',
  ]);
  expect([...recorded.values()][0]?.columns[0]?.explanation).toMatch(/^Mean from .* to 0\.98/u);
});

test('of 50 concurrent judges one stores each verdict, and every one has the same', async () => {
  const { options, verdicts, recorded } = watchedFleet(means(0, 1, 1, 0, 0, 0));
  const seen: number[] = [];
  const results = await Promise.all(
    Array.from({ length: 50 }, () =>
      new DriftWatch({ ...options, onVerdict: ({ to }) => seen.push(to) }).check(label),
    ),
  );
  expect(verdicts.bodies.size).toBe(6);
  expect(seen.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6].map((end) => end * HOUR_MS));
  expect(new Set(results.map(({ latest }) => JSON.stringify(latest))).size).toBe(1);
  expect(recorded.size).toBe(2);
});

test('a change that was not recorded is recorded by the next judge, before its verdict', async () => {
  const { options, state, verdicts, recorded } = watchedFleet(means(0, 1, 1, 0));
  state.hour = 3;
  const onVerdict = vi.fn();
  const killed = new DriftWatch({
    ...options,
    recordChange: () => Promise.reject(new Error('the store is away')),
    onVerdict,
  });
  await expect(killed.check(label)).rejects.toThrow('the store is away');
  expect(verdicts.bodies.size).toBe(3);
  expect(recorded.size).toBe(0);
  // No other call passes this verdict on, as this process stored it.
  expect(onVerdict).toHaveBeenCalledTimes(3);
  expect(onVerdict.mock.lastCall).toMatchObject([{ began: [{ name: 'age' }] }]);
  // The same process tries again too.
  await expect(killed.check(label)).rejects.toThrow('the store is away');
  state.hour = 4;
  const { created } = await new DriftWatch(options).check(label);
  expect(created).toHaveLength(1);
  expect([...recorded.keys()]).toEqual(['drift/churn/3/hour/1970-01-01/02.json began']);
});

test('without enough values a drift lasts, and does not end by silence', async () => {
  const { options, state } = watchedFleet([...means(0, 1, 1), hour(3, 0, 20), hour(4, 0, 20)]);
  state.hour = 3;
  const watch = new DriftWatch({ ...options, historySpans: 2 });
  expect((await watch.check(label)).latest).toMatchObject({ status: 'drift' });
  state.hour = 5;
  expect((await watch.check(label)).latest).toMatchObject({
    status: 'drift',
    summary: { drift: 1, ok: 0, 'insufficient data': 0 },
    began: [],
    ended: [],
  });
});

test('an hour is judged after its grace period, and neither twice nor without windows', async () => {
  const { options, state, verdicts } = watchedFleet(means(0, 0));
  const now = vi.fn(() => 2 * HOUR_MS + 599_999);
  const watch = new DriftWatch({ ...options, now });
  expect((await watch.check(label)).created).toHaveLength(1);
  expect((await watch.check(label)).created).toEqual([]);
  expect(state.reads).toBe(1);
  now.mockReturnValue(2 * HOUR_MS + 600_000);
  expect((await watch.check(label)).created).toHaveLength(1);
  now.mockReturnValue(9 * HOUR_MS);
  expect(await watch.check(label)).toMatchObject({ created: [], missing: 'windows' });
  expect(await watch.check(label)).toMatchObject({
    missing: 'windows',
    latest: { to: 2 * HOUR_MS },
  });
  expect(state.reads).toBe(3);
  expect(verdicts.bodies.size).toBe(2);
});

test('a watch that was away judges the last spans only', async () => {
  const { options } = watchedFleet(Array.from({ length: 40 }, (_, index) => hour(index, 0, 100)));
  const { created } = await new DriftWatch({ ...options, catchUpSpans: 3 }).check(label);
  expect(created.map(({ from }) => from / HOUR_MS)).toEqual([37, 38, 39]);
});

test('days are judged with the unit day', async () => {
  const { options, state } = watchedFleet(
    [0, 0, 1, 1].flatMap((mean, day) => [0, 12].map((each) => hour(day * 24 + each, mean, 200))),
  );
  state.hour = 96;
  const { created } = await new DriftWatch({ ...options, unit: 'day' }).check(label);
  expect(created.map(({ status }) => status)).toEqual(['insufficient data', 'ok', 'ok', 'drift']);
  expect(created.at(-1)).toMatchObject({ from: 72 * HOUR_MS, to: 96 * HOUR_MS });
});

test('windows with the bins of another baseline are not judged', async () => {
  const { options } = watchedFleet(means(0, 0).map((each) => ({ ...each, baseline: 'other' })));
  expect(await new DriftWatch(options).check(label)).toMatchObject({ missing: 'windows' });
});

test('a version without a baseline is not judged, and costs no further request', async () => {
  const { options } = watchedFleet(means(0, 0));
  const baselineOf = vi.fn(() => Promise.resolve(undefined));
  const watch = new DriftWatch({ ...options, baselineOf });
  const expected = { created: [], latest: undefined, missing: 'baseline' };
  expect(await watch.check(label)).toEqual(expected);
  expect(await watch.check(label)).toEqual(expected);
  expect(baselineOf).toHaveBeenCalledTimes(1);
});

test('an invalid verdict is reported, and judging goes on from the one before', async () => {
  const { options, state, verdicts } = watchedFleet(means(0, 0, 0, 0));
  state.hour = 3;
  await new DriftWatch(options).check(label);
  const key = 'drift/churn/3/hour/1970-01-01/02.json';
  for (const damaged of [
    '{',
    '{}',
    '[]',
    '{"format":"fairlead-drift-verdict","formatVersion":9}',
  ]) {
    verdicts.bodies.set(key, Buffer.from(damaged));
    const onError = vi.fn();
    const check = new DriftWatch({ ...options, onError }).check(label);
    await expect(check).rejects.toMatchObject({ code: 'ERR_DRIFT_VERDICT_INVALID' });
    expect(onError).toHaveBeenCalledTimes(1);
  }
  // A verdict that was copied from another version.
  const other = verdicts.bodies.get('drift/churn/3/hour/1970-01-01/01.json');
  verdicts.bodies.set(key, other ?? new Uint8Array());
  await expect(new DriftWatch(options).check(label)).rejects.toThrow('Remove the object');
  verdicts.bodies.delete(key);
  state.hour = 4;
  expect((await new DriftWatch(options).check(label)).created).toHaveLength(2);
});

test('a verdict on the future, by a wrong clock, is passed over', async () => {
  const { options, state } = watchedFleet(means(0, 0));
  const wrong = new DriftWatch({
    ...options,
    windows: { read: () => Promise.resolve([hour(90, 0)]) },
    now: () => 92 * HOUR_MS,
  });
  expect((await wrong.check(label)).created).toHaveLength(1);
  state.hour = 2;
  expect((await new DriftWatch(options).check(label)).created).toHaveLength(2);
});

test('a started watch checks its versions until it is closed, and reports errors', async () => {
  const { options, verdicts } = watchedFleet(means(0, 0));
  const onError = vi.fn(() => {
    throw new Error('a listener that fails');
  });
  const onCheck = vi.fn();
  let calls = 0;
  const watch = new DriftWatch({
    ...options,
    onCheck,
    versions: () => {
      calls += 1;
      if (calls === 1) throw new Error('the store is away');
      return [{ model: 'a/b', version: '1' }, label];
    },
    intervalMs: 1,
    onError,
  });
  watch.start();
  watch.start();
  await vi.waitFor(
    () => {
      expect(verdicts.bodies.size).toBe(2);
    },
    { timeout: 30_000 },
  );
  await watch.close();
  const checks = calls;
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'the store is away' }));
  expect(onError).toHaveBeenCalledWith(
    expect.objectContaining({ code: 'ERR_DRIFT_INVALID_OPTION' }),
  );
  expect(onCheck.mock.lastCall).toMatchObject([{ ...label, latest: { status: 'ok' } }]);
  watch.start();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls).toBe(checks);
});

test('other work of the process runs while a version with many features is judged', async () => {
  const column = baseline.features[0];
  if (column === undefined) throw new Error('no feature');
  const features = Array.from({ length: 100 }, (_, index) => ({ ...column, name: `f${index}` }));
  const wide = { ...baseline, features };
  const counts = hour(0, 0).features[0]?.counts;
  if (counts === undefined) throw new Error('no counts');
  const windows = Array.from({ length: 24 }, (_, index) => ({
    ...hour(index, 0, 10),
    baseline: baselineDigest(wide),
    features: features.map(({ name }) => ({ name, counts })),
  }));
  const { options } = watchedFleet(windows);
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 0);
  const watch = new DriftWatch({
    ...options,
    catchUpSpans: 1,
    baselineOf: () => Promise.resolve(wide),
  });
  const { latest } = await watch.check(label);
  clearInterval(timer);
  expect(latest?.summary).toEqual({ drift: 0, ok: 100, 'insufficient data': 0 });
  expect(turns).toBeGreaterThan(3);
});

test.each<[Partial<DriftWatchOptions>, string]>([
  [{ unit: 'week' as 'day' }, '"hour" or "day"'],
  [{ historySpans: 0 }, 'historySpans'],
  [{ catchUpSpans: 0.5 }, 'catchUpSpans'],
  [{ graceMs: -1 }, 'graceMs'],
  [{ intervalMs: 0 }, 'intervalMs'],
  [{ rules: { alpha: 2 } }, 'alpha'],
  [{ rules: { windowMs: 1 } as object }, 'windowMs'],
  [{ interval: 5 } as object, 'intervalMs'],
])('the option %j is rejected', (wrong, message) => {
  const { options } = watchedFleet([]);
  expect(() => new DriftWatch({ ...options, ...wrong })).toThrow(DriftError);
  expect(() => new DriftWatch({ ...options, ...wrong })).toThrow(message);
});
