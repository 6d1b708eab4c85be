import { Buffer } from 'node:buffer';
import type { ObjectStore } from '@fairlead/registry';
import { describe, expect, test } from 'vitest';

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString();

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Tests of the behavior of every store; `makeStore` creates an empty one. */
export function describeObjectStore(name: string, makeStore: () => ObjectStore): void {
  describe(name, () => {
    const limits = { maxBytes: 1000 };

    test('reads what was created, byte for byte', async () => {
      const store = makeStore();
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      expect(await store.create('a/b.bin', bytes)).toBe(true);
      expect(Buffer.from((await store.read('a/b.bin', limits)) ?? [])).toEqual(Buffer.from(bytes));
      expect(await collect(store.stream('a/b.bin'))).toEqual(Buffer.from(bytes));
      expect(await store.size('a/b.bin')).toBe(256);
    });

    test('stores an empty object', async () => {
      const store = makeStore();
      expect(await store.create('empty', new Uint8Array())).toBe(true);
      expect(await store.read('empty', limits)).toHaveLength(0);
      expect(await store.size('empty')).toBe(0);
      expect(await store.create('empty', Buffer.from('more'))).toBe(false);
    });

    test('never overwrites', async () => {
      const store = makeStore();
      expect(await store.create('key', Buffer.from('first'))).toBe(true);
      expect(await store.create('key', Buffer.from('second'))).toBe(false);
      expect(text(await store.read('key', limits))).toBe('first');
    });

    test('lets exactly one of many writers create a key', async () => {
      const store = makeStore();
      const writers = Array.from({ length: 20 }, (_, index) => `writer ${index}`);
      const won = await Promise.all(
        writers.map((writer) => store.create('log/1', Buffer.from(writer))),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(text(await store.read('log/1', limits))).toBe(writers[won.indexOf(true)]);
    });

    test('streams a body in, chunk by chunk', async () => {
      const store = makeStore();
      const chunk = Buffer.alloc(300_000, 'x');
      async function* body() {
        for (let count = 0; count < 10; count += 1) yield await Promise.resolve(chunk);
      }
      expect(await store.create('big', body)).toBe(true);
      expect(await store.size('big')).toBe(3_000_000);
      expect((await collect(store.stream('big'))).equals(Buffer.alloc(3_000_000, 'x'))).toBe(true);
    });

    test('does not open a body for a key that exists', async () => {
      const store = makeStore();
      await store.create('key', Buffer.from('first'));
      let opened = false;
      const body = () => {
        opened = true;
        return collectNothing();
      };
      expect(await store.create('key', body)).toBe(false);
      expect(opened).toBe(false);
    });

    test('creates nothing when the body fails, and throws its error', async () => {
      const store = makeStore();
      const failure = new Error('the source went away');
      async function* body() {
        yield await Promise.resolve(Buffer.from('half'));
        throw failure;
      }
      await expect(store.create('key', body)).rejects.toBe(failure);
      expect(await store.size('key')).toBeUndefined();
      expect(await store.list('')).toEqual([]);
      expect(await store.create('key', Buffer.from('whole'))).toBe(true);
    });

    test('distinguishes a missing object from an empty one', async () => {
      const store = makeStore();
      expect(await store.read('absent', limits)).toBeUndefined();
      expect(await store.read('absent/deeper', limits)).toBeUndefined();
      expect(await store.size('absent')).toBeUndefined();
      await expect(collect(store.stream('absent'))).rejects.toMatchObject({
        code: 'ERR_REGISTRY_CORRUPT',
      });
    });

    test('rejects reading an object beyond the limit', async () => {
      const store = makeStore();
      await store.create('key', Buffer.alloc(1001));
      await expect(store.read('key', limits)).rejects.toMatchObject({
        code: 'ERR_REGISTRY_TOO_LARGE',
      });
      expect(await store.read('key', { maxBytes: 1001 })).toHaveLength(1001);
    });

    test('lists the direct children of a folder, in order of their names', async () => {
      const store = makeStore();
      for (const key of ['f/b', 'f/a', 'f/c/deep', 'f/c/deeper', 'other']) {
        await store.create(key, Buffer.from(key));
      }
      expect(await store.list('f')).toEqual([
        { name: 'a', kind: 'object' },
        { name: 'b', kind: 'object' },
        { name: 'c', kind: 'folder' },
      ]);
      expect(await store.list('')).toEqual([
        { name: 'f', kind: 'folder' },
        { name: 'other', kind: 'object' },
      ]);
      expect(await store.list('nowhere')).toEqual([]);
      expect(await store.list('f/a')).toEqual([]);
    });

    test.each([
      '../up',
      'a/../../up',
      '/absolute',
      'a//b',
      '',
      '.',
      '..',
      '.hidden',
      'a\\b',
      'a\0b',
    ])('rejects the key %j', async (key) => {
      const store = makeStore();
      const refused = { code: 'ERR_REGISTRY_INVALID_PATH' };
      await expect(store.create(key, Buffer.from('x'))).rejects.toMatchObject(refused);
      await expect(store.create(key, collectNothing)).rejects.toMatchObject(refused);
      await expect(store.read(key, limits)).rejects.toMatchObject(refused);
      await expect(store.size(key)).rejects.toMatchObject(refused);
      await expect(store.age(key)).rejects.toMatchObject(refused);
      await expect(store.remove(key)).rejects.toMatchObject(refused);
      await expect(collect(store.stream(key))).rejects.toMatchObject(refused);
      if (key !== '') await expect(store.list(key)).rejects.toMatchObject(refused);
    });

    test('removes an object, also a missing one, and the key can be created again', async () => {
      const store = makeStore();
      await store.create('f/key', Buffer.from('first'));
      await store.create('f/other', Buffer.from('other'));
      await store.remove('f/key');
      await store.remove('f/key');
      await store.remove('nowhere/at/all');
      expect(await store.size('f/key')).toBeUndefined();
      expect(await store.list('f')).toEqual([{ name: 'other', kind: 'object' }]);
      expect(await store.create('f/key', Buffer.from('second'))).toBe(true);
      expect(text(await store.read('f/key', limits))).toBe('second');
    });

    test('returns the age of an object, also of an empty one', async () => {
      const store = makeStore();
      await store.create('empty', new Uint8Array());
      const age = await store.age('empty');
      // Clocks differ by a second or so, and some stores have a precision of seconds.
      expect(age).toBeGreaterThan(-5000);
      expect(age).toBeLessThan(60 * 60 * 1000);
      expect(await store.age('absent')).toBeUndefined();
    });

    test('sweeps no object', async () => {
      const store = makeStore();
      await store.create('key', Buffer.from('data'));
      expect(await store.sweep(0)).toBe(0);
      expect(text(await store.read('key', limits))).toBe('data');
    });
  });
}

async function* collectNothing(): AsyncGenerator<Uint8Array, void> {
  await Promise.resolve();
  yield* [];
}
