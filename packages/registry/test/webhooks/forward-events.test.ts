import {
  fileCursor,
  forwardEvents,
  type ForwardNotice,
  type ForwardOptions,
  forwardPending,
} from '@fairlead/registry/webhooks';
import { rm } from 'node:fs/promises';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ModelRegistry, type ObjectStore } from '@fairlead/registry';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runUntilKilled } from '../support/kill-process.ts';
import {
  digits,
  rejection,
  temporaryFolder,
  temporaryRegistry,
} from '../support/sample-registry.ts';
import { type Received, sender, startReceiver } from '../support/webhook-receiver.ts';

const ada = { actor: 'ada' };
const types = (calls: readonly Received[]): string[] => calls.map(({ type }) => type);

/** Options of a forwarder whose cursor is new. */
function options(store: ObjectStore, url: string, changes: Partial<ForwardOptions> = {}) {
  const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'));
  return { store, url, sender, cursor, pollIntervalMs: 5, ...changes };
}

/** Forwards in the background until the test ends. */
function forward(given: ForwardOptions): { readonly stop: () => Promise<void> } {
  const abort = new AbortController();
  const running = forwardEvents({ ...given, signal: abort.signal });
  const stop = async (): Promise<void> => {
    abort.abort();
    await running;
  };
  onTestFinished(stop);
  return { stop };
}

async function until(reached: () => boolean): Promise<void> {
  for (let tries = 0; !reached(); tries += 1) {
    if (tries > 2000) throw new Error('the condition did not become true');
    await sleep(10);
  }
}

/** Records events of every kind, each in another millisecond: events of one are delivered in the order of the logs. */
async function story(registry: ModelRegistry): Promise<void> {
  const model = registry.model('digits');
  const events: readonly (() => Promise<unknown>)[] = [
    () => registry.push(digits('one')),
    () => registry.setAlias('digits', 'champion', 1, { actor: 'ada', reason: 'first' }),
    () => registry.push(digits('two')),
    () => model.version(2).approve({ actor: 'bea' }),
    () => model.setGates('champion', ['approvedBy 1'], ada),
    () => registry.setAlias('digits', 'champion', 2, ada),
    () => registry.rollback('digits', 'champion', { actor: 'on call', reason: 'errors' }),
    () => model.version(2).archive(ada),
  ];
  for (const record of events) {
    await record();
    const recordedAt = Date.now();
    await until(() => Date.now() > recordedAt);
  }
}

const delivered = [
  'version.pushed',
  'alias.set',
  'version.pushed',
  'version.approved',
  'model.gates-set',
  'alias.set',
  'alias.rolled-back',
  'version.archived',
];

describe('delivers', () => {
  test('all events, in order, signed, with actor, reason and record', async () => {
    const { registry, store } = temporaryRegistry();
    const { url, calls } = await startReceiver();
    await story(registry);
    expect(await forwardPending(options(store, url, { from: 'start' }))).toBe(true);
    expect(types(calls)).toEqual(delivered);
    for (const { id, signature, wanted } of calls) {
      expect(signature).toBe(wanted);
      expect(id).toMatch(/^evt_[0-9a-f]{64}$/);
    }
    const [entry] = (await registry.history('digits', 'champion')).slice(-1);
    expect(calls[6]).toMatchObject({
      id: `evt_${entry?.seal ?? ''}`,
      data: {
        model: 'digits',
        version: 1,
        actor: 'on call',
        reason: 'errors',
        what: 'rolled back "champion" to version 1 (was 2)',
        number: 3,
        record: { ...entry },
      },
    });
    expect(calls[0]?.data.record).toMatchObject({
      version: 1,
      runtime: 'onnx',
      files: 1,
      bytes: 3,
    });
    expect(calls[5]?.data.record).toMatchObject({ gates: { results: [{ passed: true }] } });
  });

  test('each event once if it is accepted; the rest the next time', async () => {
    const { registry, store } = temporaryRegistry();
    const { url, calls } = await startReceiver();
    const given = options(store, url, { from: 'start' });
    await story(registry);
    await forwardPending(given);
    await registry.model('digits').note('fine', { actor: 'ada' });
    await registry.setAlias('digits', 'constructor', 1, ada);
    expect(await forwardPending(given)).toBe(true);
    expect(types(calls.slice(8))).toEqual(['model.note', 'alias.set']);
    await forwardPending(given);
    expect(calls).toHaveLength(10);
  });

  test('events from now on by default, also of later models', async () => {
    const { registry, store } = temporaryRegistry();
    const { url, calls } = await startReceiver();
    await story(registry);
    const given = options(store, url);
    await forwardPending(given);
    expect(calls).toEqual([]);
    await registry.setAlias('digits', 'candidate', 1, ada);
    await registry.push(digits('other', { model: 'other' }));
    await forwardPending(given);
    expect(types(calls).sort()).toEqual(['alias.set', 'version.pushed']);
  });

  test('only events that the filter accepts; the others are never delivered', async () => {
    const { registry, store } = temporaryRegistry();
    const { url, calls } = await startReceiver();
    const given = options(store, url, { from: 'start' });
    await story(registry);
    await forwardPending({ ...given, filter: (type) => type.startsWith('alias.') });
    await forwardPending(given);
    expect(types(calls)).toEqual(['alias.set', 'alias.set', 'alias.rolled-back']);
  });

  test('a version before records about it, also with contradictory clocks', async () => {
    const { registry, store } = temporaryRegistry();
    const { url, calls } = await startReceiver();
    const late = new (registry.constructor as typeof ModelRegistry)({
      store,
      now: () => new Date(Date.now() + 3_600_000),
    });
    await late.push(digits('one'));
    await registry.setAlias('digits', 'champion', 1, ada);
    await registry.model('digits').version(1).approve({ actor: 'bea' });
    await forwardPending(options(store, url, { from: 'start' }));
    expect(types(calls)).toEqual(['version.pushed', 'alias.set', 'version.approved']);
  });
});

describe('an event that is not accepted', () => {
  test('is delivered again with the same id, before later events of its model', async () => {
    const { registry, store } = temporaryRegistry();
    const seen = new Map<string, number>();
    const { url, calls } = await startReceiver(({ id }) => {
      const times = (seen.get(id) ?? 0) + 1;
      seen.set(id, times);
      return times < 3 ? 503 : 204;
    });
    const notices: ForwardNotice[] = [];
    forward(options(store, url, { from: 'start', onNotice: (notice) => notices.push(notice) }));
    await story(registry);
    await until(() => calls.length >= 24);
    expect(types(calls)).toEqual(delivered.flatMap((type) => [type, type, type]));
    expect([...seen.values()]).toEqual(delivered.map(() => 3));
    await until(() => notices.length >= 24);
    expect(notices.slice(0, 3)).toMatchObject([
      { type: 'retried', attempt: 1, reason: 'answered 503' },
      { type: 'retried', attempt: 2 },
      { type: 'delivered', attempt: 3, model: 'digits', id: calls[0]?.id },
    ]);
  });

  test('delays only its model', async () => {
    const { registry, store } = temporaryRegistry();
    const { url, calls } = await startReceiver(({ data }) => (data.model === 'digits' ? 400 : 204));
    await story(registry);
    await registry.push(digits('other', { model: 'other' }));
    forward(options(store, url, { from: 'start' }));
    await until(() => calls.filter(({ data }) => data.model === 'digits').length >= 3);
    await registry.setAlias('other', 'champion', 1, ada);
    await until(() => calls.filter(({ data }) => data.model === 'other').length >= 2);
    const digitsCalls = calls.filter(({ data }) => data.model === 'digits');
    expect(new Set(types(digitsCalls))).toEqual(new Set(['version.pushed']));
  });

  test('is abandoned only with maxAttempts', async () => {
    const { registry, store } = temporaryRegistry();
    const { url, calls } = await startReceiver(({ type }) => (type === 'alias.set' ? 400 : 204));
    await story(registry);
    const notices: ForwardNotice[] = [];
    const onNotice = (notice: ForwardNotice) => notices.push(notice);
    forward(options(store, url, { from: 'start', maxAttempts: 2, onNotice }));
    await until(() => calls.length >= 10);
    expect(types(calls)).toEqual(
      delivered.flatMap((type) => (type === 'alias.set' ? [type, type] : [type])),
    );
    await until(() => notices.length >= 10);
    expect(notices.filter(({ type }) => type === 'abandoned')).toHaveLength(2);
  });

  test('forwardPending reports that an event is left', async () => {
    const { registry, store } = temporaryRegistry();
    await registry.push(digits('one'));
    const unreachable = 'http://127.0.0.1:1/';
    expect(await forwardPending(options(store, unreachable, { from: 'start' }))).toBe(false);
  });
});

test('a damaged record stops its model and is reported, and no event is skipped', async () => {
  const { registry, store, folder } = temporaryRegistry();
  const { url, calls } = await startReceiver();
  await story(registry);
  await registry.push(digits('other', { model: 'other' }));
  const file = join(folder, 'models/digits/aliases/champion/00000002.json');
  const before = readFileSync(file);
  chmodSync(file, 0o644);
  writeFileSync(file, before.toString().replace('"version": 2', '"version": 1'));
  const given = options(store, url, { from: 'start' });
  expect(await rejection(forwardPending(given))).toMatchObject({ code: 'ERR_REGISTRY_CORRUPT' });
  const errors: unknown[] = [];
  const { stop } = forward({ ...given, onError: (error) => errors.push(error) });
  await until(() => errors.length > 2);
  await stop();
  expect(types(calls.filter(({ data }) => data.model === 'other'))).toEqual(['version.pushed']);
  writeFileSync(file, before);
  await forwardPending(given);
  expect(types(calls.filter(({ data }) => data.model === 'digits'))).toEqual(delivered);
});

test('an outage of the store is retried', async () => {
  const { registry, store, folder } = temporaryRegistry();
  const { url, calls } = await startReceiver();
  const errors: unknown[] = [];
  const given = options(store, url, { from: 'start', onError: (error) => errors.push(error) });
  await registry.push(digits('one'));
  forward(given);
  await until(() => calls.length === 1);
  await rm(folder, { recursive: true, force: true });
  await until(() => errors.length > 0);
  expect(errors[0]).toMatchObject({ code: 'ERR_REGISTRY_STORE_NOT_FOUND' });
});

test('a damaged cursor and invalid options are rejected immediately', async () => {
  const { store } = temporaryRegistry();
  const file = join(temporaryFolder(), 'cursor.json');
  for (const text of ['', '{}', '{"formatVersion":1,"models":{"a":{"versions":-1}}}']) {
    writeFileSync(file, text);
    const given = options(store, 'http://127.0.0.1:1/', { cursor: fileCursor(file) });
    expect(await rejection(forwardEvents(given))).toMatchObject({ code: 'ERR_REGISTRY_CORRUPT' });
  }
  for (const wrong of [{ pollIntervalMs: 0 }, { maxDelayMs: NaN }, { maxAttempts: -1 }]) {
    const given = options(store, 'http://127.0.0.1:1/', wrong);
    expect(await rejection(forwardEvents(given))).toMatchObject({
      code: 'ERR_REGISTRY_INVALID_OPTION',
    });
  }
});

test('kill -9 at any moment loses nothing that the registry acknowledged', async () => {
  const { registry, store, folder } = temporaryRegistry();
  const cursor = join(temporaryFolder(), 'cursor.json');
  let count = 0;
  const { url, calls } = await startReceiver(() => (++count % 4 === 0 ? 500 : 204));
  const script = new URL('../support/processes/forward-until-killed.ts', import.meta.url);
  let writing = true;
  const write = async (): Promise<void> => {
    await registry.push(digits('one'));
    await registry.push(digits('two'));
    for (let turn = 0; writing; turn += 1) {
      await registry.setAlias('digits', 'champion', 1 + (turn % 2), ada);
      await registry.model('digits').note(`turn ${turn}`, ada);
      await sleep(10);
    }
  };
  const writer = write();
  for (const moreMs of [0, 2, 7, 15]) {
    await runUntilKilled(script, [folder, cursor, url], { lines: 3, moreMs });
  }
  writing = false;
  await writer;
  while (!(await forwardPending(options(store, url, { cursor: fileCursor(cursor) }))));

  const ids = [
    ...(await registry.listVersions('digits')),
    ...(await registry.history('digits', 'champion')),
    ...(await registry.model('digits').events()),
  ].map(({ seal }) => `evt_${seal}`);
  expect(new Set(calls.map(({ id }) => id))).toEqual(new Set(ids));
  // First deliveries of each log are in its order.
  const first = calls.filter(({ id }, at) => calls.findIndex((call) => call.id === id) === at);
  for (const kind of ['version.pushed', 'alias.set', 'model.note']) {
    const numbers = first.filter(({ type }) => type === kind).map(({ data }) => data.number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  }
});
