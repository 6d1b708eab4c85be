import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@fairlead/signature';
import { temporaryFolder, until } from '@fairlead/test-support';
import {
  emptyWindow,
  openWindowStore,
  type WindowObjects,
  WindowRecorder,
  type WindowStoreOptions,
} from '@fairlead/windows';
import { expect, onTestFinished, test } from 'vitest';
import { folderObjects } from '../support/folder-objects.ts';

const label = { model: 'churn', version: '3' };
const hour = { from: 0, to: 3_600_000, unit: 'hour' } as const;
const window = { ...emptyWindow(label, 0, 300_000), requests: 3 };

/** A store that is away as long as `away` is set. */
function setUp() {
  const spoolFolder = temporaryFolder({ inMemory: true });
  const objects = folderObjects(temporaryFolder({ inMemory: true }));
  const state: { away: 'fails' | 'hangs' | false } = { away: 'fails' };
  const errors: string[] = [];
  const unreliable: WindowObjects = {
    ...objects,
    create: (key, body) => {
      if (state.away === 'hangs') return new Promise(() => undefined);
      return state.away
        ? Promise.reject(new Error('the store is away'))
        : objects.create(key, body);
    },
  };
  const openStore = async (options: Partial<WindowStoreOptions> = {}) => {
    const store = await openWindowStore({
      objects: unreliable,
      spoolFolder,
      onError: (error) => errors.push(String(error)),
      ...options,
    });
    onTestFinished(() => store.close());
    return store;
  };
  return { spoolFolder, state, errors, openStore };
}

test.each(['fails', 'hangs'] as const)(
  'windows wait in the spool folder while the store %s, and are stored afterwards',
  async (away) => {
    const { spoolFolder, state, errors, openStore } = setUp();
    state.away = away;
    const store = await openStore({ retryMs: 10, timeoutMs: 5 });
    await store.add(window);
    await store.add(window);
    expect(readdirSync(spoolFolder)).toHaveLength(2);
    expect(await store.waiting()).toMatchObject({ windows: 2 });
    expect((await store.waiting()).bytes).toBeGreaterThan(200);
    expect(errors[0]).toMatch(/the store is away|did not create windows\/churn\/3\/.* within 5 ms/);
    state.away = false;
    await until(() => readdirSync(spoolFolder).length === 0);
    expect(await store.read(label, hour)).toMatchObject([{ requests: 6, windows: 2 }]);
  },
);

test('the next process stores what waits, once, also when several begin at once', async () => {
  const { spoolFolder, state, openStore } = setUp();
  const first = await openStore();
  for (let count = 0; count < 5; count += 1) await first.add(window);
  await first.close();
  state.away = false;
  const next = await Promise.all([openStore(), openStore(), openStore()]);
  await Promise.all(next.map((store) => store.close()));
  expect(readdirSync(spoolFolder)).toEqual([]);
  expect(await first.read(label, hour)).toMatchObject([{ requests: 15, windows: 5 }]);
});

test('a full spool folder loses further windows, which the following window counts', async () => {
  const { state, openStore } = setUp();
  const store = await openStore({ maxSpoolBytes: 1500 });
  let now = 0;
  const recorder = new WindowRecorder({ store, now: () => now });
  onTestFinished(() => recorder.close());
  for (let slot = 0; slot < 5; slot += 1) {
    now = slot * 300_000;
    const finished = { ...label, outcome: 'success', rows: 1, requestDurationMs: 1 } as const;
    for (let request = 0; request < 10; request += 1) recorder.inferenceFinished(finished);
    await recorder.flush();
  }
  state.away = false;
  await recorder.flush();
  await store.close();
  const [read] = await store.read(label, hour);
  expect(read?.lost.windows).toBeGreaterThan(0);
  expect(read?.lost.windows).toBeLessThan(5);
  expect((read?.requests ?? 0) + (read?.lost.requests ?? 0)).toBe(50);
  expect(read?.lost.requests).toBe((read?.lost.windows ?? 0) * 10);
});

test('without a spool folder a window is lost when the store is away', async () => {
  const { state, openStore } = setUp();
  const store = await openStore({ spoolFolder: undefined });
  await expect(store.add(window)).rejects.toThrow('the store is away');
  state.away = false;
  await store.add(window);
  expect(await store.read(label, hour)).toMatchObject([{ requests: 3 }]);
});

test('a window that was stored at once leaves no file', async () => {
  const { spoolFolder, state, openStore } = setUp();
  state.away = false;
  const store = await openStore();
  await store.add(window);
  expect(readdirSync(spoolFolder)).toEqual([]);
});

test('temporary files of killed processes and other files are not windows', async () => {
  const { spoolFolder, state, errors, openStore } = setUp();
  state.away = false;
  const put = (name: string, text: string): void => {
    writeFileSync(join(spoolFolder, name), text);
  };
  put('old.tmp', 'half');
  utimesSync(join(spoolFolder, 'old.tmp'), 0, 0);
  put('new.tmp', 'of a running process');
  put('1-evil.window', '../../etc/passwd\n{}');
  put('2-torn.window', 'windows/churn/3/1970-01-01/00/0000-aaaaaaaaaaaa-0.json\n{"format"');
  put('3-empty.window', '');
  const store = await openStore();
  await store.close();
  expect(readdirSync(spoolFolder)).toEqual(['new.tmp']);
  expect(errors).toHaveLength(3);
  expect(errors[0]).toContain('1-evil.window in the spool folder is no window, and was removed');
  expect(await store.versions()).toEqual([]);
});

test('a process that is killed at any moment leaves every stored window, whole and once', async () => {
  const root = temporaryFolder({ inMemory: true });
  const spoolFolder = temporaryFolder({ inMemory: true });
  const script = fileURLToPath(new URL('../support/processes/record-windows.ts', import.meta.url));
  const random = seededRandom('kill');
  let confirmed = 0;
  const kills = 4;
  for (let kill = 0; kill < kills; kill += 1) {
    const args = ['--conditions=@fairlead/source', script, root, spoolFolder, `${kill * 600_000}`];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await until(() => output.length > 0);
    await sleep(random() * 40);
    child.kill('SIGKILL');
    await once(child, 'close');
    confirmed += output.split('\n').filter((line) => line === '7').length;
  }
  const errors: unknown[] = [];
  const store = await openWindowStore({
    objects: folderObjects(root),
    spoolFolder,
    onError: (error) => errors.push(error),
  });
  await store.close();
  const windows = await store.read(label, { ...hour, unit: 'slot' });
  expect(errors).toEqual([]);
  expect(windows.every(({ requests }) => requests === 7)).toBe(true);
  expect(windows.length).toBeGreaterThanOrEqual(confirmed);
  expect(windows.length).toBeLessThanOrEqual(confirmed + kills);
  expect(new Set(windows.map(({ from }) => from)).size).toBe(windows.length);
});
