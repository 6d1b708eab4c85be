import { renameSync, rmSync } from 'node:fs';
import {
  type AliasEntry,
  ModelRegistry,
  type ObjectStore,
  RegistryError,
} from '@fairlead/registry';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { jittered } from '../../src/aliases/follow-alias.ts';
import { digits, temporaryRegistry } from '../support/sample-registry.ts';

const by = { actor: 'ada' };

function eventually(assertion: () => void): Promise<void> {
  return vi.waitFor(assertion, { timeout: 30_000, interval: 5 });
}

async function withVersions(count: number) {
  const opened = temporaryRegistry();
  for (let version = 1; version <= count; version += 1) {
    await opened.registry.push(digits(`content ${version}`));
  }
  return opened;
}

/** Follows `champion` quickly, and collects what is yielded. */
function follower(registry: ModelRegistry) {
  const controller = new AbortController();
  onTestFinished(() => {
    controller.abort();
  });
  const entries: AliasEntry[] = [];
  const errors: unknown[] = [];
  const done = (async () => {
    const options = {
      signal: controller.signal,
      pollIntervalMs: 2,
      onError: (error: unknown) => errors.push(error),
    };
    for await (const entry of registry.follow('digits', 'champion', options)) entries.push(entry);
  })();
  return {
    controller,
    entries,
    errors,
    done,
    versions: () => entries.map(({ version }) => version),
  };
}

test('yields the current entry of the alias, then each change', async () => {
  const { registry } = await withVersions(3);
  await registry.setAlias('digits', 'champion', 1, by);
  await registry.setAlias('digits', 'champion', 2, by);
  const { versions, entries } = follower(registry);
  await eventually(() => {
    expect(versions()).toEqual([2]);
  });
  const third = await registry.setAlias('digits', 'champion', 3, by);
  await eventually(() => {
    expect(versions()).toEqual([2, 3]);
  });
  expect(entries[1]).toEqual(third);
  await registry.rollback('digits', 'champion', by);
  await eventually(() => {
    expect(versions()).toEqual([2, 3, 2]);
  });
});

test('waits for an alias, and for a model, that does not exist yet', async () => {
  const { registry } = temporaryRegistry();
  const { versions, errors } = follower(registry);
  await registry.push(digits());
  await registry.setAlias('digits', 'champion', 1, by);
  await eventually(() => {
    expect(versions()).toEqual([1]);
  });
  expect(errors).toEqual([]);
});

test('yields only the newest of several changes between two polls', async () => {
  const { registry } = await withVersions(3);
  await registry.setAlias('digits', 'champion', 1, by);
  const changes = registry.follow('digits', 'champion', { pollIntervalMs: 1 });
  const iterator = changes[Symbol.asyncIterator]();
  expect(await iterator.next()).toMatchObject({ value: { version: 1 } });
  await registry.setAlias('digits', 'champion', 2, by);
  await registry.setAlias('digits', 'champion', 3, by);
  expect(await iterator.next()).toMatchObject({ value: { version: 3, number: 3 } });
  await iterator.return?.();
});

test('survives an outage of the store, reports it, and catches up', async () => {
  const { registry, folder } = await withVersions(2);
  await registry.setAlias('digits', 'champion', 1, by);
  const { versions, errors } = follower(registry);
  await eventually(() => {
    expect(versions()).toEqual([1]);
  });
  renameSync(folder, `${folder}-away`);
  onTestFinished(() => {
    rmSync(`${folder}-away`, { recursive: true, force: true });
  });
  await eventually(() => {
    expect(errors.length).toBeGreaterThan(2);
  });
  expect(errors[0]).toBeInstanceOf(RegistryError);
  expect(errors[0]).toMatchObject({ code: 'ERR_REGISTRY_STORE_NOT_FOUND' });
  renameSync(`${folder}-away`, folder);
  await registry.setAlias('digits', 'champion', 2, by);
  await eventually(() => {
    expect(versions()).toEqual([1, 2]);
  });
});

test('can start during an outage', async () => {
  const { registry, folder } = await withVersions(1);
  await registry.setAlias('digits', 'champion', 1, by);
  renameSync(folder, `${folder}-away`);
  const { versions, errors } = follower(registry);
  await eventually(() => {
    expect(errors.length).toBeGreaterThan(0);
  });
  renameSync(`${folder}-away`, folder);
  await eventually(() => {
    expect(versions()).toEqual([1]);
  });
});

test('does not lose a change when the store fails right after it was read', async () => {
  const { store, registry } = await withVersions(2);
  await registry.setAlias('digits', 'champion', 1, by);
  let failing = false;
  const flaky: ObjectStore = {
    ...store,
    read: (key, limits) => {
      if (failing && key.endsWith('3.json')) return Promise.reject(new Error('away'));
      return store.read(key, limits);
    },
  };
  const { versions, errors } = follower(new ModelRegistry({ store: flaky }));
  await eventually(() => {
    expect(versions()).toEqual([1]);
  });
  failing = true;
  await registry.setAlias('digits', 'champion', 2, by);
  await eventually(() => {
    expect(versions()).toEqual([1, 2]);
  });
  expect(errors.length).toBeGreaterThan(0);
});

test('never yields an entry that was modified, and reports it', async () => {
  const { registry, store } = await withVersions(2);
  await registry.setAlias('digits', 'champion', 1, by);
  const { versions, errors } = follower(registry);
  await eventually(() => {
    expect(versions()).toEqual([1]);
  });
  await store.create('models/digits/aliases/champion/00000002.json', Buffer.from('{"version": 2}'));
  await eventually(() => {
    expect(errors.length).toBeGreaterThan(0);
  });
  expect(errors[0]).toMatchObject({ code: 'ERR_REGISTRY_CORRUPT' });
  expect(versions()).toEqual([1]);
});

test('lists once, and reads one entry at each further poll', async () => {
  const { store, registry } = await withVersions(1);
  await registry.setAlias('digits', 'champion', 1, by);
  const calls: string[] = [];
  const counting: ObjectStore = {
    ...store,
    list: (folder) => (calls.push('list'), store.list(folder)),
    size: (key) => (calls.push('size'), store.size(key)),
    read: (key, limits) => (calls.push(key.slice(-6)), store.read(key, limits)),
  };
  follower(new ModelRegistry({ store: counting }));
  await eventually(() => {
    expect(calls.length).toBeGreaterThan(6);
  });
  expect(calls.slice(0, 2)).toEqual(['list', '1.json']);
  expect(new Set(calls.slice(2))).toEqual(new Set(['2.json']));
});

test('ends when it is aborted: while it waits, and before it starts', async () => {
  const { registry } = await withVersions(1);
  await registry.setAlias('digits', 'champion', 1, by);
  const { versions, controller, done } = follower(registry);
  await eventually(() => {
    expect(versions()).toEqual([1]);
  });
  controller.abort();
  await done;
  const late = registry.follow('digits', 'champion', { signal: AbortSignal.abort() });
  expect(await late[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
});

test('ends immediately when it is aborted while the store does not answer', async () => {
  const { store } = await withVersions(1);
  const requests: string[] = [];
  const silent: ObjectStore = {
    ...store,
    list: (key) => {
      requests.push(key);
      return new Promise(() => undefined);
    },
  };
  const { controller, done, errors } = follower(new ModelRegistry({ store: silent }));
  await eventually(() => {
    expect(requests).toHaveLength(1);
  });
  controller.abort();
  await done;
  expect(errors).toEqual([]);
});

test('rejects an invalid interval', () => {
  const { registry } = temporaryRegistry();
  for (const pollIntervalMs of [0, -1, NaN, 2 ** 31, Infinity]) {
    expect(() => registry.follow('digits', 'champion', { pollIntervalMs })).toThrow(
      expect.objectContaining({ code: 'ERR_REGISTRY_INVALID_OPTION' }),
    );
  }
});

test('varies its interval by up to a quarter', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), random, (intervalMs, drawn) => {
      const waitMs = jittered(intervalMs, () => drawn);
      expect(waitMs).toBeGreaterThanOrEqual(intervalMs * 0.75);
      expect(waitMs).toBeLessThanOrEqual(intervalMs * 1.25);
      // Node's timers run a longer delay at once.
      expect(waitMs).toBeLessThan(2 ** 31);
    }),
  );
});

test('reports each successful poll, after its entry was yielded', async () => {
  const { registry, folder } = await withVersions(2);
  await registry.setAlias('digits', 'champion', 1, by);
  const controller = new AbortController();
  const calls: string[] = [];
  const done = (async () => {
    const options = {
      signal: controller.signal,
      pollIntervalMs: 2,
      onPoll: () => calls.push('poll'),
      onError: () => calls.push('error'),
    };
    for await (const { version } of registry.follow('digits', 'champion', options)) {
      calls.push(`version ${version}`);
    }
  })();
  await eventually(() => {
    expect(calls.slice(0, 3)).toEqual(['version 1', 'poll', 'poll']);
  });
  renameSync(folder, `${folder}-away`);
  onTestFinished(() => {
    rmSync(`${folder}-away`, { recursive: true, force: true });
  });
  await eventually(() => {
    expect(calls.slice(-3)).toEqual(['error', 'error', 'error']);
  });
  renameSync(`${folder}-away`, folder);
  await eventually(() => {
    expect(calls.at(-1)).toBe('poll');
  });
  controller.abort();
  await done;
});
