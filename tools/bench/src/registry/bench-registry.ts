import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { folderStore, ModelRegistry, type ObjectStore } from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { percentile } from '../percentile.ts';
import { fillRegistry } from './fill-registry.ts';

const MODELS = 100;
const VERSIONS = 100;
const BLOB_BYTES = 512 * 1024 * 1024;
const FOLLOWERS = 50;

/** Measures a registry in a folder: with many versions, with a large artifact, and for many followers. */
export async function benchRegistry(
  { folder }: { readonly folder: string },
  print: (line: string) => void,
): Promise<void> {
  const root = mkdtempSync(join(folder, 'registry-'));
  try {
    const store = folderStore(join(root, 'many'), { create: true });
    const filledAt = performance.now();
    const names = await fillRegistry(store, MODELS, VERSIONS);
    const seconds = (performance.now() - filledAt) / 1000;
    print(`${MODELS * VERSIONS} versions of ${MODELS} models, pushed in ${seconds.toFixed(0)} s.`);
    print('');
    print('| what | p50 | p99 | goal | |');
    print('| --- | ---: | ---: | ---: | --- |');
    const row = (what: string, ms: readonly number[], goalMs: number): void => {
      const p50 = percentile(ms, 0.5);
      const verdict = p50 <= goalMs ? 'met' : 'MISSED';
      print(
        `| ${what} | ${p50.toFixed(2)} ms | ${percentile(ms, 0.99).toFixed(2)} ms | ${goalMs} ms | ${verdict} |`,
      );
    };
    const registry = new ModelRegistry({ store });
    const each = (work: (index: number) => Promise<unknown>, count: number) => timed(work, count);
    await each((index) => registry.resolve(names[index] ?? '', 'champion'), names.length);
    row(
      '`resolve` of an alias, warm',
      await each((index) => registry.resolve(names[index % MODELS] ?? '', 'champion'), 1000),
      5,
    );
    row(
      '`list`, of a process that just started',
      await each(() => new ModelRegistry({ store }).listModels(), 20),
      200,
    );
    row('`list`, warm', await each(() => registry.listModels(), 20), 200);
    print('');
    await benchPoll(store, names[0] ?? '', print);
    await benchFleet(store, names[1] ?? '', print);
    await benchHashing(join(root, 'large'), print);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function timed(work: (index: number) => Promise<unknown>, count: number): Promise<number[]> {
  const ms: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const startedAt = performance.now();
    await work(index);
    ms.push(performance.now() - startedAt);
  }
  return ms;
}

/** Requests to the store of one poll of a follower. */
async function benchPoll(
  store: ObjectStore,
  model: string,
  print: (line: string) => void,
): Promise<void> {
  const calls: string[] = [];
  const watched: ObjectStore = {
    ...store,
    read: (key, limits) => (calls.push(`read ${key}`), store.read(key, limits)),
    size: (key) => (calls.push(`size ${key}`), store.size(key)),
    list: (key) => (calls.push(`list ${key}`), store.list(key)),
  };
  const controller = new AbortController();
  let polls = 0;
  const options = {
    signal: controller.signal,
    pollIntervalMs: 1,
    onPoll: () => {
      polls += 1;
      if (polls === 1) calls.length = 0;
      if (polls === 200) controller.abort();
    },
  };
  const changes = new ModelRegistry({ store: watched }).follow(model, 'champion', options);
  // Ends when it is aborted; nothing changes but at first.
  const iterator = changes[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
  const kinds = [...new Set(calls)].join(', ');
  print(
    `${polls - 1} looks of a follower: ${calls.length} calls of the store, all of them \`${kinds}\`, which is absent.`,
  );
}

/** Measures the time until every follower has a change, at the default interval. */
async function benchFleet(
  store: ObjectStore,
  model: string,
  print: (line: string) => void,
): Promise<void> {
  const controller = new AbortController();
  const heardAt: number[] = [];
  let ready = 0;
  const started = Promise.withResolvers<undefined>();
  const all = Promise.withResolvers<undefined>();
  for (let index = 0; index < FOLLOWERS; index += 1) {
    void (async () => {
      const { signal } = controller;
      for await (const { number } of new ModelRegistry({ store }).follow(model, 'champion', {
        signal,
      })) {
        if (number === 1 && (ready += 1) === FOLLOWERS) started.resolve(undefined);
        if (number === 2 && heardAt.push(performance.now()) === FOLLOWERS) all.resolve(undefined);
      }
    })();
  }
  await started.promise;
  const changedAt = performance.now();
  await new ModelRegistry({ store }).setAlias(model, 'champion', 1, { actor: 'bench' });
  await all.promise;
  controller.abort();
  const seconds = (Math.max(...heardAt) - changedAt) / 1000;
  print(
    `${FOLLOWERS} followers at the default interval of 5 s: the last one heard of a change after ${seconds.toFixed(1)} s ` +
      `(goal: 15 s, ${seconds <= 15 ? 'met' : 'MISSED'}).`,
  );
}

/** Measures the throughput of reading a large artifact with every byte verified. */
async function benchHashing(path: string, print: (line: string) => void): Promise<void> {
  const registry = new ModelRegistry({ store: folderStore(path, { create: true }) });
  const { manifest } = await registry.push({
    model: 'large',
    runtime: { name: 'upstream', options: { upstream: 'none' } },
    signature: { inputs: [], outputs: [] },
    files: { weights: randomFillSync(new Uint8Array(BLOB_BYTES)) },
    actor: 'bench',
  });
  const { read } = await registry.openVersion('large', manifest.version);
  const gigabytes = BLOB_BYTES / 1e9;
  const loadMs = await timed(() => read('weights'), 5);
  const verifyMs = await timed(() => verifyRegistry(registry.store), 5);
  const speed = (ms: readonly number[]): number => gigabytes / (percentile(ms, 0.5) / 1000);
  for (const [what, gbs] of [
    ['loading', speed(loadMs)],
    ['`verify`', speed(verifyMs)],
  ] as const) {
    print(
      `${what}, every byte hashed: ${gbs.toFixed(2)} GB/s (goal: 0.5, ${gbs >= 0.5 ? 'met' : 'MISSED'}).`,
    );
  }
}
