import { collectGarbage, verifyRegistry } from '@fairlead/registry/maintenance';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModelRegistry, type ObjectStore } from '@fairlead/registry';
import type { FaultProxy } from '../fault-proxy.ts';

/** Options of a store outage. */
export interface OutageOptions {
  /** An empty store that is reached through `proxy`. */
  readonly store: ObjectStore;
  readonly proxy: FaultProxy;
  /** Duration, shorter than the retry budget of the store. */
  readonly awayMs: number;
}

/**
 * Lets a store vanish under pushes, one of them in parts, a promotion, a rollback, a collection and a follower.
 *
 * Fails unless each of them ends right once the store is back. Resolves to how many milliseconds after that the last did.
 */
export async function surviveOutage({ store, proxy, awayMs }: OutageOptions): Promise<number> {
  const registry = new ModelRegistry({ store });
  const by = { actor: 'ada' };
  const push = (actor: string, bytes: number) =>
    new ModelRegistry({ store }).push({
      model: 'digits',
      runtime: { name: 'onnx' },
      signature: { inputs: [], outputs: [] },
      files: { 'model.onnx': randomBytes(bytes) },
      actor,
    });
  for (const actor of ['first', 'second']) await push(actor, 1000);
  for (const version of [1, 2]) await registry.setAlias('digits', 'champion', version, by);

  const heard: number[] = [];
  const controller = new AbortController();
  const following = (async () => {
    const options = { signal: controller.signal, pollIntervalMs: 200 };
    for await (const { version } of new ModelRegistry({ store }).follow(
      'digits',
      'champion',
      options,
    )) {
      heard.push(version);
    }
  })();

  const work = [push('small', 1000), push('in parts', 12 * 1024 * 1024)];
  // In the middle of the parts.
  while (!proxy.requests.some(({ url }) => url.includes('partNumber'))) await sleep(5);
  proxy.vanish();
  const others = [
    registry.rollback('digits', 'champion', by),
    registry.setAlias('digits', 'candidate', 2, by),
    collectGarbage(store, { graceMs: 0 }),
  ] as const;
  await sleep(awayMs);
  proxy.heal();
  const backAt = performance.now();
  const [pushes, [rolledBack, set]] = await Promise.all([Promise.all(work), Promise.all(others)]);
  const afterMs = performance.now() - backAt;

  assert.deepEqual(pushes.map(({ manifest }) => manifest.version).sort(), [3, 4]);
  for (const { manifest } of pushes) {
    const { read } = await registry.openVersion('digits', manifest.version);
    assert.equal((await read('model.onnx')).length, manifest.files[0]?.size);
  }
  assert.deepEqual([rolledBack.number, rolledBack.version], [3, 1]);
  assert.deepEqual([set.number, set.version], [1, 2]);
  while (heard.at(-1) !== 1) await sleep(20);
  controller.abort();
  await following;
  const { problems, manifests, aliasEntries } = await verifyRegistry(registry.store);
  assert.deepEqual(
    { problems, manifests, aliasEntries },
    { problems: [], manifests: 4, aliasEntries: 4 },
  );
  return afterMs;
}
