import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryCache, ServingError } from '@fairlead/serving';

const bytes = (length: number, fill = 0) => new Uint8Array(length).fill(fill);

test('gives back what it was given, until something newer needs the room', () => {
  const cache = memoryCache({ maxBytes: 4000, maxEntryBytes: 4000 });
  cache.set('a', bytes(1000, 1));
  cache.set('b', bytes(1000, 2));
  expect(cache.get('a')).toEqual(bytes(1000, 1));
  // "b" is now the one that was used least recently.
  cache.set('c', bytes(2000, 3));
  expect(cache.get('b')).toBeUndefined();
  expect(cache.get('a')).toEqual(bytes(1000, 1));
  expect(cache.get('c')).toEqual(bytes(2000, 3));
  expect(cache.get('never')).toBeUndefined();
});

test('a response above the maximum size is not stored, and displaces none', () => {
  const cache = memoryCache({ maxBytes: 4000 });
  cache.set('a', bytes(500));
  cache.set('large', bytes(1000));
  expect(cache.get('large')).toBeUndefined();
  expect(cache.size).toBe(1);
});

test('never takes more than its bytes, and counts just what it holds', () => {
  const step = fc.record({
    key: fc.constantFrom('', 'a', 'b', 'c', 'd', 'e', 'f', '__proto__'),
    length: fc.option(fc.nat({ max: 3000 })),
  });
  fc.assert(
    fc.property(fc.nat({ max: 5000 }), fc.array(step, { maxLength: 60 }), (max, steps) => {
      const maxBytes = max + 1;
      const cache = memoryCache({ maxBytes, maxEntryBytes: maxBytes });
      const newest = new Map<string, number>();
      for (const { key, length } of steps) {
        if (length === null) {
          const found = cache.get(key);
          if (found instanceof Uint8Array) expect(found.length).toBe(newest.get(key));
        } else {
          cache.set(key, bytes(length));
          newest.set(key, length);
        }
        expect(cache.bytes).toBeLessThanOrEqual(maxBytes);
        expect(cache.size === 0).toBe(cache.bytes === 0);
      }
    }),
  );
});

test.each([
  { maxBytes: 0 },
  { maxBytes: NaN },
  { maxBytes: 1.5 },
  { maxBytes: 10, maxEntryBytes: -1 },
])('refuses the options %j', (options) => {
  expect(() => memoryCache(options)).toThrow(ServingError);
});
