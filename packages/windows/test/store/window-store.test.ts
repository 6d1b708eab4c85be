import { seededRandom, type RandomSource } from '@fairlead/signature';
import { temporaryFolder } from '@fairlead/test-support';
import {
  BinCounter,
  createBaseline,
  emptyWindow,
  encodeWindow,
  mergeWindows,
  openWindowStore,
  type Window,
  type WindowObjects,
  type WindowStoreOptions,
} from '@fairlead/windows';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { folderObjects } from '../support/folder-objects.ts';

const label = { model: 'churn', version: '3' };
const hourMs = 3_600_000;
const day = Date.UTC(2026, 10, 28);
const wholeDay = { from: day, to: day + 24 * hourMs, unit: 'day' } as const;
const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1] }] as const;
const baseline = createBaseline({ x: [0, 1, 2] }, { signature: { inputs, outputs: [] } });

function setUp(options: Partial<WindowStoreOptions> = {}) {
  const root = temporaryFolder({ inMemory: true });
  const errors: string[] = [];
  const objects = folderObjects(root);
  const openStore = (more: Partial<WindowStoreOptions> = {}) =>
    openWindowStore({
      objects,
      onError: (error) => errors.push(String(error)),
      now: () => day + 48 * hourMs,
      ...options,
      ...more,
    });
  return { root, objects, errors, openStore };
}

function windowAt(from: number, random: RandomSource = seededRandom('window')): Window {
  const counter = new BinCounter({ kind: 'values', values: [0, 1, 2] });
  for (let row = 0; row < 20; row += 1) counter.addNumber(random() < 0.1 ? random() : row % 4);
  const requests = Math.floor(random() * 1000);
  return {
    ...emptyWindow(label, from, from + 300_000, baseline),
    requests,
    features: [{ name: 'x', counts: counter.counts() }],
  };
}

test('windows are stored by version, day and hour, and read by slot, hour and day', async () => {
  const { objects, openStore } = setUp();
  const [host1, host2] = [await openStore(), await openStore()];
  const at = day + 16 * hourMs;
  const stored = [windowAt(at), windowAt(at + 300_000), windowAt(at + hourMs)];
  for (const window of stored) await host1.add(window);
  await host2.add(stored[0] ?? windowAt(0));
  const names = await objects.list('windows/churn/3/2026-11-28/16');
  expect(names.map(({ name }) => name.replace(/-[0-9a-f]{12}-/, '-W-')).sort()).toEqual([
    '0000-W-0.json',
    '0000-W-0.json',
    '0500-W-1.json',
  ]);
  expect(await host1.versions()).toEqual([label]);
  const span = { from: at, to: at + 2 * hourMs };
  const slots = await host2.read(label, { ...span, unit: 'slot' });
  const [first] = stored;
  expect(slots.map(encodeWindow).sort()).toEqual(
    [...stored, ...(first === undefined ? [] : [first])].map(encodeWindow).sort(),
  );
  const hours = await host2.read(label, { ...span, unit: 'hour' });
  expect(hours.map(({ windows, from }) => [windows, from])).toEqual([
    [3, at],
    [1, at + hourMs],
  ]);
  expect(await host2.read(label, wholeDay)).toEqual([mergeWindows(slots)]);
  expect(await host2.read({ ...label, version: '4' }, wholeDay)).toEqual([]);
});

test('variants have separate windows, and losses without a baseline belong to any', async () => {
  const { openStore } = setUp();
  const store = await openStore();
  await store.add({ ...windowAt(day), variant: 'canary', requests: 1 });
  await store.add({ ...windowAt(day), requests: 2 });
  await store.add({ ...emptyWindow(label, day, day + 300_000), lost: { requests: 5, windows: 1 } });
  const read = await store.read(label, wholeDay);
  expect(read.map(({ variant, requests, lost }) => [variant, requests, lost.requests])).toEqual([
    [undefined, 2, 5],
    ['canary', 1, 0],
  ]);
  expect(await store.read({ ...label, variant: 'canary' }, wholeDay)).toMatchObject([
    { requests: 1 },
  ]);
});

test('every window counts exactly once, however roll-ups, late windows and concurrent readers interleave', async () => {
  for (let run = 0; run < 12; run += 1) {
    const { openStore, objects } = setUp();
    const random = seededRandom(`run ${run}`);
    const clock = { now: day + 2 * hourMs };
    const stores = await Promise.all(
      [0, 1, 2].map(() => openStore({ now: () => clock.now, graceMs: 0 })),
    );
    const written: Window[] = [];
    for (let step = 0; step < 40; step += 1) {
      const store = stores[Math.floor(random() * 3)];
      if (random() < 0.75) {
        const window = windowAt(day + Math.floor(random() * 36) * 300_000, random);
        await store?.add(window);
        written.push(window);
        continue;
      }
      clock.now += random() < 0.2 ? 12 * hourMs : 600_000;
      const expected = written.length === 0 ? [] : [encodeWindow(mergeWindows(written))];
      const read = await Promise.all(stores.map((each) => each.read(label, wholeDay)));
      for (const windows of read) expect(windows.map(encodeWindow)).toEqual(expected);
      const hours = await stores[0]?.read(label, { ...wholeDay, unit: 'hour' });
      const merged = (hours ?? []).length === 0 ? [] : [encodeWindow(mergeWindows(hours ?? []))];
      expect(merged).toEqual(expected);
    }
    const entries = await objects.list('windows/churn/3/2026-11-28');
    if (run === 0) expect(entries.some(({ name }) => name.startsWith('rollup-'))).toBe(true);
  }
});

test('a roll-up is read in place of its windows', async () => {
  const { openStore, objects } = setUp();
  const store = await openStore();
  for (let slot = 0; slot < 24; slot += 1) await store.add(windowAt(day + slot * 300_000));
  const [before] = await store.read(label, wholeDay);
  const reads: string[] = [];
  const counting: WindowObjects = {
    ...objects,
    read: (key, limits) => {
      reads.push(key);
      return objects.read(key, limits);
    },
  };
  const second = await openStore({ objects: counting });
  expect(await second.read(label, wholeDay)).toEqual([before]);
  expect(reads).toEqual(['windows/churn/3/2026-11-28/rollup-0001.json']);
  // A late window: one more object, no further roll-up.
  await store.add({ ...windowAt(day), requests: 7 });
  const [after] = await second.read(label, wholeDay);
  expect(after?.requests).toBe((before?.requests ?? 0) + 7);
  expect(reads).toHaveLength(3);
  // Many late windows: a roll-up that replaces the first.
  for (let slot = 0; slot < 16; slot += 1) await store.add(windowAt(day + slot * 300_000));
  const [third] = await second.read(label, wholeDay);
  reads.length = 0;
  expect(await second.read(label, wholeDay)).toEqual([third]);
  expect(reads).toEqual(['windows/churn/3/2026-11-28/rollup-0002.json']);
});

test('an hour that has not ended has no roll-up, nor one without permission to write', async () => {
  const { openStore, objects, errors } = setUp();
  const store = await openStore({ now: () => day + hourMs + 899_999 });
  await store.add(windowAt(day));
  await store.add(windowAt(day));
  await store.read(label, { from: day, to: day + hourMs, unit: 'hour' });
  const reader = await openStore({ rollUp: false });
  await reader.read(label, wholeDay);
  expect(await objects.list('windows/churn/3/2026-11-28/00')).toHaveLength(2);
  const denied = await openStore({
    objects: { ...objects, create: () => Promise.reject(new Error('access denied')) },
  });
  expect(await denied.read(label, wholeDay)).toMatchObject([{ windows: 2 }]);
  expect(errors).toContain('Error: access denied');
});

test('50 hosts write at once, and every window is counted', async () => {
  const { openStore } = setUp();
  const hosts = await Promise.all(Array.from({ length: 50 }, () => openStore()));
  const random = seededRandom('hosts');
  const windows = hosts.map(() =>
    [0, 1, 2, 3].map((slot) => windowAt(day + slot * 300_000, random)),
  );
  await Promise.all(
    hosts.flatMap((host, index) => (windows[index] ?? []).map((window) => host.add(window))),
  );
  const [first, ...others] = await Promise.all(
    hosts.slice(0, 8).map((host) => host.read(label, wholeDay)),
  );
  expect(first).toEqual([mergeWindows(windows.flat())]);
  expect(first?.[0]?.windows).toBe(200);
  for (const other of others) expect(other).toEqual(first);
});

test('invalid and foreign objects are reported, and cost nothing else', async () => {
  const { root, openStore, errors } = setUp();
  const store = await openStore();
  const good = windowAt(day);
  await store.add(good);
  const put = (name: string, text: string): void => {
    const path = join(root, 'windows/churn/3/2026-11-28', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  put('00/0000-aaaaaaaaaaaa-0.json', encodeWindow(good).slice(0, 300));
  put('00/0500-aaaaaaaaaaaa-1.json', encodeWindow({ ...good, model: 'digits' }));
  put('00/1000-aaaaaaaaaaaa-2.json', encodeWindow(good));
  put('00/rollup-0001.json', '{"format":"fairlead-window-rollup","version":2}');
  put(
    '00/rollup-0002.json',
    '{"format":"fairlead-window-rollup","version":1,"names":{"00":["../../x"]},"windows":[]}',
  );
  put('00/notes.txt', 'not of Fairlead');
  put('00/0000-AAAAAAAAAAAA-0.json', '');
  put('24/0000-aaaaaaaaaaaa-0.json', encodeWindow(good));
  put('rollup-9999.json.bak', '');
  expect(await store.read(label, wholeDay)).toEqual([good]);
  expect(errors).toHaveLength(5);
  expect(errors.join('\n')).toContain('names.00[0] must be the name of a window, got "../../x"');
  expect(errors.join('\n')).toContain(
    'rollup-0001.json: version must be an integer from 1 to 1, got 2',
  );
  expect(errors.join('\n')).toContain('0000-aaaaaaaaaaaa-0.json: it is not JSON');
  expect(errors.join('\n')).toContain(
    '1000-aaaaaaaaaaaa-2.json: the window is of churn version 3 from 2026-11-28T00:00:00.000Z, which the key is not',
  );
});

test('a window with other bins under the same digest stays apart', async () => {
  const { openStore } = setUp();
  const store = await openStore();
  const good = windowAt(day);
  const features = good.features.map(({ name, counts }) => ({
    name,
    counts: { ...counts, counts: [1] },
  }));
  await store.add(good);
  await store.add({ ...good, features });
  const read = await store.read(label, wholeDay);
  expect(read.map(({ features: [feature] }) => feature?.counts.counts.length).sort()).toEqual([
    1, 3,
  ]);
});

test.each<[string, object, string]>([
  ['a model that climbs', { model: '..' }, 'the model ".." can\'t be part of a key'],
  ['a model with a slash', { model: 'a/b' }, 'the model "a/b" can\'t be part of a key'],
  ['an empty version', { version: '' }, 'the version "" can\'t be part of a key'],
])('%s is rejected', async (_name, change, message) => {
  const { openStore } = setUp();
  const store = await openStore();
  await expect(store.add({ ...windowAt(day), ...change })).rejects.toThrow(message);
});

test.each([
  { from: day + 1, to: day + hourMs, unit: 'hour' },
  { from: day, to: day + hourMs, unit: 'day' },
  { from: day + hourMs, to: day, unit: 'hour' },
  { from: NaN, to: day, unit: 'slot' },
] as const)('a span that is not of whole units is rejected: %j', async (span) => {
  const { openStore } = setUp();
  const store = await openStore();
  await expect(store.read(label, span)).rejects.toMatchObject({
    code: 'ERR_WINDOWS_INVALID_OPTION',
  });
});

test.each<[Partial<WindowStoreOptions>, string]>([
  [{ objects: {} as never }, 'objects must have a method create'],
  [{ retryMs: 0 }, 'retryMs must be an integer from 1'],
  [{ spool: '/tmp' } as never, 'unknown option "spool"'],
])('wrong options are rejected: %#', async (options, message) => {
  await expect(setUp().openStore(options)).rejects.toThrow(message);
});

test('a roll-up of another version is reported, and the windows are read', async () => {
  const { objects, openStore, errors } = setUp();
  const store = await openStore();
  const stored = [windowAt(day), windowAt(day + 300_000)];
  for (const window of stored) await store.add(window);
  const folder = 'windows/churn/3/2026-11-28';
  await openStore({ rollUp: true }).then((reader) => reader.read(label, wholeDay));
  const bytes = await objects.read(`${folder}/rollup-0001.json`, { maxBytes: 2 ** 24 });
  const foreign = new TextDecoder().decode(bytes).replaceAll('"churn"', '"other"');
  await objects.create(`${folder}/rollup-0002.json`, new TextEncoder().encode(foreign));
  await store.add(windowAt(day + hourMs));
  const merged = await openStore().then((reader) => reader.read(label, wholeDay));
  expect(merged).toEqual([mergeWindows([...stored, windowAt(day + hourMs)])]);
  expect(errors).toEqual([
    expect.stringContaining(`${folder}/rollup-0002.json: the window is of other version 3`),
  ]);
});

test('windows whose sum no roll-up can hold are read, and no reader writes one', async () => {
  const { objects, openStore, errors } = setUp();
  const store = await openStore();
  for (let slot = 0; slot < 3; slot += 1) {
    await store.add({ ...windowAt(day + slot * 300_000), requests: Number.MAX_SAFE_INTEGER });
  }
  for (let read = 0; read < 2; read += 1) {
    const [merged] = await store.read(label, wholeDay);
    expect(merged?.windows).toBe(3);
  }
  const names = await objects.list('windows/churn/3/2026-11-28');
  expect(names.map(({ name }) => name)).toEqual(['00']);
  expect(errors[0]).toContain('must be an integer');
});
