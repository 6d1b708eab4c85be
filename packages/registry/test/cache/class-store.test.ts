import { cachedStore, folderStore, ModelRegistry, type ObjectStore } from '@fairlead/registry';
import { expect, test } from 'vitest';
import { describeObjectStore } from '../store/object-store-behavior.ts';
import { digits, temporaryFolder } from '../support/sample-registry.ts';

/** A store as a user may write it: methods on the prototype, state in a private field. */
class UserStore implements ObjectStore {
  readonly #inner = folderStore(temporaryFolder());
  checked = 0;

  get location() {
    return this.#inner.location;
  }
  create(...args: Parameters<ObjectStore['create']>) {
    return this.#inner.create(...args);
  }
  read(...args: Parameters<ObjectStore['read']>) {
    return this.#inner.read(...args);
  }
  stream(key: string) {
    return this.#inner.stream(key);
  }
  size(key: string) {
    return this.#inner.size(key);
  }
  list(folder: string) {
    return this.#inner.list(folder);
  }
  age(key: string) {
    return this.#inner.age(key);
  }
  remove(key: string) {
    return this.#inner.remove(key);
  }
  sweep(olderThanMs: number) {
    return this.#inner.sweep(olderThanMs);
  }
  checkConditionalWrites() {
    this.checked += 1;
    return Promise.resolve();
  }
}

describeObjectStore('a cached store over a store written as a class', () =>
  cachedStore(new UserStore(), { folder: temporaryFolder() }),
);

test('a registry on a cached class store pushes, sets aliases and reads', async () => {
  const origin = new UserStore();
  const store = cachedStore(origin, { folder: temporaryFolder() });
  expect(store.location).toBe(origin.location);
  await store.checkConditionalWrites?.();
  expect(origin.checked).toBe(1);
  const registry = new ModelRegistry({ store });
  await registry.push(digits());
  await registry.setAlias('digits', 'champion', 1, { actor: 'ada' });
  expect(await registry.listModels()).toMatchObject([
    { model: 'digits', aliases: { champion: 1 } },
  ]);
  const { read } = await registry.openVersion('digits', 1);
  expect((await read('model.onnx')).length).toBeGreaterThan(0);
});
