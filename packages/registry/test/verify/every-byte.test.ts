import { pruneVersions, verifyRegistry } from '@fairlead/registry/maintenance';
import {
  generateSigningKey,
  ModelRegistry,
  type ObjectStore,
  parseTrustedKeys,
} from '@fairlead/registry';
import { expect, test } from 'vitest';
import { MemoryStore } from '../support/memory-store.ts';
import { digits, rejection } from '../support/sample-registry.ts';

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
    async read(requested, limits) {
      const bytes = await store.read(requested, limits);
      return bytes === undefined || requested !== key ? bytes : flip(bytes);
    },
    async *stream(requested) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of store.stream(requested)) chunks.push(Uint8Array.from(chunk));
      const bytes = Buffer.concat(chunks);
      yield requested === key ? flip(bytes) : bytes;
    },
  };
}

/** Loads the champion, as a gateway does at its start. */
async function load(registry: ModelRegistry): Promise<void> {
  const { version } = await registry.resolve('digits', 'champion');
  const { read } = await registry.openVersion('digits', version);
  await read('model.onnx');
}

/** Objects that a host reads before it runs the champion; the others are only for people. */
const LOADED: ReadonlySet<string> = new Set(['aliases', 'blob', 'signatures', 'versions']);

test('verify finds every byte of every object that flips, and no flipped byte is loaded', async () => {
  const store = new MemoryStore();
  const registry = new ModelRegistry({ store });
  await registry.push(digits('the first, which is pruned'));
  await registry.push(digits());
  const documents = { 'report.txt': Buffer.from('fast enough') };
  await registry
    .model('digits')
    .version(2)
    .measure({ ...by, name: 'p99Ms', value: 7, documents });
  await registry.setAlias('digits', 'champion', 2, by);
  await pruneVersions(store, 'digits', { keepLast: 1, ...by });
  const { privateKey, publicKey } = generateSigningKey();
  await registry
    .model('digits')
    .version(2)
    .sign({ ...by, privateKey });
  const trustedKeys = parseTrustedKeys(publicKey);
  await load(new ModelRegistry({ store, trustedKeys }));

  const kinds = new Set<string>();
  let bytes = 0;
  for (const [key, { length }] of store.objects) {
    const kind = key.startsWith('blobs/') ? 'blob' : (key.split('/')[2] ?? key);
    kinds.add(kind);
    // The champion is the second one: the manifest of the first isn't loaded, nor are its files.
    const loaded = LOADED.has(kind) && (await isOfChampion(registry, key));
    for (let index = 0; index < length; index += 1) {
      // All bits of a byte are hashed alike: one of them, each in its turn.
      const damaged = flipped(store, key, index, 1 << (index % 8));
      const host = new ModelRegistry({ store: damaged, trustedKeys });
      const { ok, problems } = await verifyRegistry(host.store);
      if (ok) throw new Error(`verify missed byte ${index} of ${key}`);
      // A signature is reported by the folder of all of its version.
      const reported = problems.map((problem) => problem.key);
      expect(reported.some((each) => key.startsWith(each))).toBe(true);
      if (loaded) {
        expect(await rejection(load(host))).toMatchObject({
          code: expect.stringMatching(/^ERR_REGISTRY_(CORRUPT|UNTRUSTED)$/) as unknown,
        });
      }
      bytes += 1;
    }
  }
  expect([...kinds].sort()).toEqual([
    'aliases',
    'blob',
    'documents',
    'events',
    'pruned',
    'signatures',
    'versions',
  ]);
  expect(bytes).toBeGreaterThan(3500);
});

async function isOfChampion(registry: ModelRegistry, key: string): Promise<boolean> {
  const { manifest } = await registry.openVersion('digits', 1);
  return !key.endsWith('versions/00000001.json') && !key.endsWith(manifest.files[0]?.sha256 ?? '');
}
