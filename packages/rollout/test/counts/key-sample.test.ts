import { KeySample } from '@fairlead/rollout';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const hash = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const hashes = fc.array(hash, { maxLength: 60 });
const options = { maxKeys: 8 };

function sampleOf(keys: readonly number[]): KeySample {
  const sample = new KeySample(options);
  for (const key of keys) sample.add(key);
  return sample;
}

function merge(...samples: readonly KeySample[]): KeySample {
  const merged = new KeySample(options);
  for (const sample of samples) merged.merge(sample);
  return merged;
}

describe('KeySample', () => {
  it('has the same keys however they are distributed, ordered and repeated', () => {
    fc.assert(
      fc.property(hashes, fc.array(hashes, { maxLength: 4 }), (first, others) => {
        const all = [first, ...others];
        const whole = sampleOf(all.flat()).toDocument();
        expect(sampleOf([...all.flat(), ...first].reverse()).toDocument()).toEqual(whole);
        expect(merge(...all.map(sampleOf)).toDocument()).toEqual(whole);
        expect(merge(...all.map(sampleOf).reverse()).toDocument()).toEqual(whole);
        expect(merge(merge(...all.map(sampleOf)), sampleOf(first)).toDocument()).toEqual(whole);
      }),
    );
  });

  it('stays as it is where others were merged from it', () => {
    fc.assert(
      fc.property(hashes, hashes, (keys, later) => {
        const sample = sampleOf(keys);
        const before = sample.toDocument();
        const merged = merge(sample);
        for (const key of later) merged.add(key);
        expect(sample.toDocument()).toEqual(before);
        expect(merged.toDocument()).toEqual(sampleOf([...keys, ...later]).toDocument());
      }),
    );
  });

  it('has every key up to its limit, and then those whose hash has as many leading zeros as its level', () => {
    fc.assert(
      fc.property(hashes, (keys) => {
        const sample = sampleOf(keys);
        const belongs = (level: number): number[] =>
          [...new Set(keys)].filter((key) => key < 2 ** (32 - level)).sort((a, b) => a - b);
        expect([...sample.hashes()].sort((a, b) => a - b)).toEqual(belongs(sample.level));
        expect(sample.size).toBeLessThanOrEqual(8);
        if (sample.level > 0) expect(belongs(sample.level - 1).length).toBeGreaterThan(8);
        expect([...sample.hashes(31)].length).toBe(belongs(31).length);
      }),
    );
  });

  it('is the same after it was stored', () => {
    fc.assert(
      fc.property(hashes, hashes, (keys, later) => {
        const stored = JSON.parse(JSON.stringify(sampleOf(keys).toDocument())) as ReturnType<
          KeySample['toDocument']
        >;
        const sample = KeySample.fromDocument(stored, options);
        for (const key of later) sample.add(key);
        expect(sample.toDocument()).toEqual(sampleOf([...keys, ...later]).toDocument());
      }),
    );
  });

  it('stays within its limit for a million keys', () => {
    const sample = new KeySample({ maxKeys: 8192 });
    for (let i = 0; i < 1_000_000; i += 1) sample.add(Math.imul(i, 0x9e_37_79_b1) >>> 0);
    expect(sample.size).toBeLessThanOrEqual(8192);
    expect(sample.size * 2 ** sample.level).toBeGreaterThan(950_000);
    expect(sample.size * 2 ** sample.level).toBeLessThan(1_050_000);
  });

  it.each<[string, object, string]>([
    ['no level', { hashes: '' }, 'x.level must be an integer from 0 to 32, got undefined.'],
    [
      'a negative level',
      { level: -1, hashes: '' },
      'x.level must be an integer from 0 to 32, got -1.',
    ],
    ['other text', { level: 0, hashes: 'ä' }, 'x.hashes must be base64, got "ä".'],
    ['half a hash', { level: 0, hashes: 'AAA=' }, 'x.hashes has 2 bytes, not a multiple of 4.'],
    [
      'a hash of another level',
      { level: 1, hashes: '/////w==' },
      "x.hashes has 4294967295, which isn't of level 1.",
    ],
  ])('rejects a stored form with %s', (_, document, message) => {
    expect(() => KeySample.fromDocument(document as never, options, 'x')).toThrow(message);
  });

  it.each([0, -1, 1.5, 1_000_001])('rejects a limit of %s', (maxKeys) => {
    expect(() => new KeySample({ maxKeys })).toThrow(
      `KeySample: maxKeys must be an integer from 1 to 1000000, got ${maxKeys}.`,
    );
  });
});
