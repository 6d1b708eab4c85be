import { murmurHash3 } from '@fairlead/rollout';
import { expect, test } from 'vitest';
import { readGolden } from '../support/goldens.ts';

interface Vectors {
  readonly keys: readonly {
    readonly key: string;
    readonly murmur3_x86_32_seed0: number;
    readonly murmur3_x86_32_seed42: number;
    readonly murmur3_x86_32_seed_2654435769: number;
  }[];
}

test.each((readGolden('hashing/vectors.json') as Vectors).keys)(
  'hashes $key as mmh3 does',
  ({ key, ...hashes }) => {
    expect(murmurHash3(key, 0)).toBe(hashes.murmur3_x86_32_seed0);
    expect(murmurHash3(key, 42)).toBe(hashes.murmur3_x86_32_seed42);
    expect(murmurHash3(key, 2_654_435_769)).toBe(hashes.murmur3_x86_32_seed_2654435769);
  },
);

test('hashes long keys like short ones: the bytes of the encoded text', () => {
  // 512 UTF-16 units are the last that are encoded in place. Computed by mmh3 5.3.1.
  expect(murmurHash3('ä'.repeat(512), 7)).toBe(2_096_495_891);
  expect(murmurHash3('ä'.repeat(513), 7)).toBe(498_450_910);
  expect(murmurHash3('x'.repeat(1_000_000), 7)).toBe(191_007_482);
});

test('half a surrogate pair counts as the replacement character', () => {
  expect(murmurHash3('a\ud800', 0)).toBe(murmurHash3('a\ufffd', 0));
});

test.each([-1, 1.5, 2 ** 32, NaN])('rejects the seed %s', (seed) => {
  expect(() => murmurHash3('a', seed)).toThrow(
    `murmurHash3: seed must be an integer from 0 to 4294967295, got ${seed}.`,
  );
});
