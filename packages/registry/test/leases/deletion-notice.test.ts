import { createHash } from 'node:crypto';
import { ModelRegistry, type ObjectStore } from '@fairlead/registry';
import { collectGarbage } from '@fairlead/registry/maintenance';
import { expect, test } from 'vitest';
import { MemoryStore } from '../support/memory-store.ts';
import { digits, rejection } from '../support/sample-registry.ts';

const sha256 = createHash('sha256').update('unreferenced').digest('hex');
const blob = `blobs/sha256/${sha256}`;

/** A store with one unreferenced blob; `onList` is called before the models are listed under a deletion notice. */
async function storeWithGarbage(onList: () => void) {
  const notices: string[] = [];
  const memory = new MemoryStore((_store, change) => {
    if (change.includes('condemned/')) notices.push(change);
  });
  const store: ObjectStore = {
    location: memory.location,
    create: memory.create.bind(memory),
    read: memory.read.bind(memory),
    stream: memory.stream.bind(memory),
    size: memory.size.bind(memory),
    age: memory.age.bind(memory),
    remove: memory.remove.bind(memory),
    sweep: memory.sweep.bind(memory),
    list: (folder) => {
      if (folder === 'models' && notices.length > 0) onList();
      return memory.list(folder);
    },
  };
  await store.create(blob, Buffer.from('unreferenced'));
  return { store, notices };
}

test('a garbage collection that was suspended for more than half of its lease removes nothing', async () => {
  let now = 0;
  const { store, notices } = await storeWithGarbage(() => {
    now += 30_001;
  });
  const error = await rejection(collectGarbage(store, { graceMs: 0, monotonicNow: () => now }));
  expect(error).toMatchObject({
    code: 'ERR_REGISTRY_STORE_UNAVAILABLE',
    message: expect.stringContaining('suspended for 30001 ms') as unknown,
  });
  expect(await store.size(blob)).toBe(12);
  expect(notices.filter((change) => change.startsWith('create'))).toHaveLength(1);
  // The notice is withdrawn: no writer waits for it.
  expect(await store.list('condemned')).toEqual([]);
});

test('a garbage collection at exactly half of its lease renews its notice and continues', async () => {
  let now = 0;
  const { store, notices } = await storeWithGarbage(() => {
    now = 30_000;
  });
  const report = await collectGarbage(store, { graceMs: 0, monotonicNow: () => now });
  expect(report.removed).toEqual([sha256]);
  // A second notice replaces the first one before anything is removed.
  expect(notices.map((change) => change.split(' ')[0])).toEqual([
    'create',
    'create',
    'remove',
    'remove',
  ]);
  expect(await store.list('condemned')).toEqual([]);
});

test('a deletion notice younger than a sixth of its lease is not renewed', async () => {
  let now = 0;
  const { store, notices } = await storeWithGarbage(() => {
    now = 9_999;
  });
  await collectGarbage(store, { graceMs: 0, monotonicNow: () => now });
  expect(notices.map((change) => change.split(' ')[0])).toEqual(['create', 'remove']);
});

test('a push renews its lease after half of its lifetime, and checks its blobs again', async () => {
  const leases: string[] = [];
  const store = new MemoryStore((_store, change) => {
    if (change.includes('claims/')) leases.push(change.split(' ')[0] ?? '');
  });
  let at = Date.UTC(2026, 0, 1);
  const registry = new ModelRegistry({ store, now: () => new Date(at) });
  const stored: string[] = [];
  await registry.push(
    digits('weights', {
      onProgress: ({ phase }) => {
        if (phase !== 'stored') return;
        stored.push(phase);
        if (stored.length === 1) at += 12 * 60 * 60 * 1000;
      },
    }),
  );
  expect(stored).toHaveLength(2);
  expect(leases).toEqual(['create', 'create', 'remove', 'remove']);
});
