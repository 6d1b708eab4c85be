/** Returns numbers from 0 up to, but not including, 1. */
export type RandomSource = () => number;

/**
 * Creates a source of random numbers: equal seeds give equal numbers, on every host.
 *
 * Mulberry32, seeded with FNV-1a of the text: good enough for random inputs, not for secrets.
 *
 * @example
 * ```ts
 * import { seededRandom } from '@fairlead/signature';
 *
 * const random = seededRandom('digits/3');
 * console.log(random() === seededRandom('digits/3')()); // true
 * ```
 */
export function seededRandom(seed: string): RandomSource {
  let state = 0x811c9dc5;
  for (let index = 0; index < seed.length; index++) {
    state = Math.imul(state ^ seed.charCodeAt(index), 0x01000193);
  }
  return function random() {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
