import { expect, test } from 'vitest';
import { ModelRegistry } from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { MemoryStore } from '../support/memory-store.ts';

/** Store in which a blob is removed when it is about to be read, and stored again right after, the first `times` times. */
class RestlessStore extends MemoryStore {
  readonly #times: number;
  #reads = 0;

  constructor(times: number) {
    super();
    this.#times = times;
  }

  override async *stream(key: string): AsyncGenerator<Uint8Array, void> {
    const bytes = this.objects.get(key);
    const isInterrupted = this.#reads < this.#times && bytes !== undefined;
    this.#reads += 1;
    if (isInterrupted) await this.remove(key);
    try {
      yield* super.stream(key);
    } finally {
      if (isInterrupted) await this.create(key, bytes);
    }
  }
}

async function verify(times: number) {
  const store = new RestlessStore(times);
  await new ModelRegistry({ store }).push({
    ...{ model: 'digits', runtime: { name: 'upstream' }, actor: 'test' },
    signature: { inputs: [], outputs: [] },
    files: { 'model.bin': Uint8Array.of(1, 2, 3) },
  });
  return (await verifyRegistry(store)).problems;
}

test('a blob that is removed and stored again while it is read is intact', async () => {
  expect(await verify(1)).toEqual([]);
  expect(await verify(3)).toEqual([]);
});

test('a store that always removes what is read is reported', async () => {
  expect(await verify(Infinity)).toMatchObject([{ code: 'ERR_REGISTRY_CORRUPT' }]);
});
