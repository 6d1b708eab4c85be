import { checkInteger } from '../check-options.ts';

const encoder = new TextEncoder();
/** Keys up to a third of it in UTF-16 units are encoded without an allocation. */
const scratch = new Uint8Array(1536);

/**
 * Hashes the UTF-8 bytes of a text to an unsigned 32-bit number with MurmurHash3 x86 32; half a surrogate pair counts as U+FFFD.
 *
 * It spreads similar keys evenly, which FNV-1a and CRC-32 don't, and is the same in every language. It is no cryptographic hash.
 *
 * Source: A. Appleby, MurmurHash3 (public domain), https://github.com/aappleby/smhasher.
 *
 * @param seed - an unsigned 32-bit number
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for another seed
 *
 * @example
 * ```ts
 * import { murmurHash3 } from '@fairlead/rollout';
 *
 * console.log(murmurHash3('a', 0)); // 1009084850
 * ```
 */
export function murmurHash3(text: string, seed: number): number {
  checkInteger('murmurHash3: seed', seed, 0, 0xff_ff_ff_ff);
  let bytes = scratch;
  let length: number;
  if (text.length * 3 <= scratch.length) length = encoder.encodeInto(text, scratch).written;
  else {
    bytes = encoder.encode(text);
    length = bytes.length;
  }
  return hashBytes(bytes, length, seed);
}

function hashBytes(bytes: Uint8Array, length: number, seed: number): number {
  let hash = seed;
  const end = length - (length % 4);
  for (let at = 0; at < end; at += 4) {
    const block = byte(bytes, at) | (byte(bytes, at + 1) << 8);
    hash ^= mixBlock(block | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24));
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6_54_6b_64;
  }
  let tail = 0;
  for (let at = length - 1; at >= end; at -= 1) tail = (tail << 8) | byte(bytes, at);
  if (end < length) hash ^= mixBlock(tail);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixBlock(block: number): number {
  const product = Math.imul(block, 0xcc_9e_2d_51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b_87_35_93);
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
