import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ModelRegistry, type ObjectStore } from '@fairlead/registry';
import { expect, test } from 'vitest';
import { digits, rejection, temporaryRegistry } from '../support/sample-registry.ts';

const by = { actor: 'ada', reason: 'because' };

/** A store in which one byte of one object differs from what was written. */
function flipped(store: ObjectStore, key: string, index: number, mask: number): ObjectStore {
  const flip = (bytes: Uint8Array): Uint8Array => {
    const copy = Uint8Array.from(bytes);
    copy[index] = (copy[index] ?? 0) ^ mask;
    return copy;
  };
  return {
    ...store,
    async read(asked, limits) {
      const bytes = await store.read(asked, limits);
      return bytes === undefined || asked !== key ? bytes : flip(bytes);
    },
    async *stream(asked) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of store.stream(asked)) chunks.push(Uint8Array.from(chunk));
      const bytes = Buffer.concat(chunks);
      yield asked === key ? flip(bytes) : bytes;
    },
  };
}

/** What a gateway does at its start. */
async function load(registry: ModelRegistry): Promise<void> {
  const { version } = await registry.resolve('digits', 'champion');
  const { read } = await registry.openVersion('digits', version);
  await read('model.onnx');
}

test('verify finds every byte of every object that flips, and no flipped byte is loaded', async () => {
  const { folder, store, registry } = temporaryRegistry();
  await registry.push(digits());
  const documents = { 'report.txt': Buffer.from('fast enough') };
  await registry.journal.measure('digits', 1, { ...by, name: 'p99Ms', value: 7, documents });
  await registry.setAlias('digits', 'champion', 1, by);
  await load(registry);
  const keys = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(folder, path)).isFile(),
  );
  expect(keys.map((key) => key.split('/')[2]?.replace(/^[0-9a-f]{64}$/, 'blob')).sort()).toEqual([
    'aliases',
    'blob',
    'documents',
    'events',
    'versions',
  ]);
  let bytes = 0;
  for (const key of keys) {
    const { length } = readFileSync(join(folder, key));
    const loaded = !/\/(events|documents)\//.test(key);
    for (let index = 0; index < length; index += 1) {
      // All bits of a byte are hashed alike: one of them, each in its turn.
      const host = new ModelRegistry({ store: flipped(store, key, index, 1 << (index % 8)) });
      const { ok, problems } = await host.verify();
      if (ok) throw new Error(`verify missed byte ${index} of ${key}`);
      expect(problems.map((problem) => problem.key)).toContain(key);
      if (loaded) {
        expect(await rejection(load(host))).toMatchObject({ code: 'ERR_REGISTRY_CORRUPT' });
      }
      bytes += 1;
    }
  }
  expect(bytes).toBeGreaterThan(1500);
}, 240_000);
