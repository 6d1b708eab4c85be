import { Buffer } from 'node:buffer';
import { describeValue } from '@fairlead/signature';
import { checkInteger, invalidOption } from '../check-options.ts';

/** Stored form of a {@link KeySample}. */
export interface KeySampleDocument {
  /** The sample has every 2^level-th key. */
  readonly level: number;
  /** Hashes in ascending order as unsigned 32-bit little-endian integers, in base64. */
  readonly hashes: string;
}

/** Options of a {@link KeySample}. */
export interface KeySampleOptions {
  /** Keys of a sample at most; with more, every second one is dropped. */
  readonly maxKeys: number;
}

/** At this level no key is left but that of the hash 0. */
export const MAX_LEVEL = 32;

/**
 * Distinct keys, such as users with a failed request, in limited memory: all of them, and beyond a limit a sample by hash.
 *
 * Samples of several hosts and minutes merge exactly, in any order: a key that several of them have counts once. Keys whose hash has `level` leading zeros belong to the
 * sample, so that samples of the same level have the same keys in common.
 *
 * Source: P. Gibbons, "Distinct sampling for highly-accurate answers to distinct values queries", VLDB 2001.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for a limit that is no integer from 1 to 1,000,000
 *
 * @example
 * ```ts
 * import { KeySample } from '@fairlead/rollout';
 *
 * const [here, there] = [new KeySample({ maxKeys: 4 }), new KeySample({ maxKeys: 4 })];
 * for (const hash of [1, 2, 3]) here.add(hash);
 * for (const hash of [3, 4]) there.add(hash);
 * here.merge(there);
 * console.log(here.size, here.level); // 4 0
 * ```
 */
export class KeySample {
  readonly maxKeys: number;
  #level = 0;
  #hashes = new Set<number>();

  constructor({ maxKeys }: KeySampleOptions) {
    this.maxKeys = checkInteger('KeySample: maxKeys', maxKeys, 1, 1_000_000);
  }

  /** The sample has every 2^level-th key. */
  get level(): number {
    return this.#level;
  }

  /** Number of keys of the sample. */
  get size(): number {
    return this.#hashes.size;
  }

  /** Returns whether a key is in the sample, by its hash. */
  has(hash: number): boolean {
    return this.#hashes.has(hash);
  }

  /** Adds a key by its hash, an unsigned 32-bit integer that doesn't depend on the variant. */
  add(hash: number): void {
    if (!isSampled(hash, this.#level)) return;
    this.#hashes.add(hash);
    while (this.#hashes.size > this.maxKeys) this.#raiseLevel(this.#level + 1);
  }

  /** Adds the keys of another sample, which stays as it is. */
  merge(other: KeySample): void {
    if (other.level > this.#level) this.#raiseLevel(other.level);
    const isWhole = other.level === this.#level && other.size <= this.maxKeys;
    if (this.#hashes.size === 0 && isWhole) {
      // A set is copied faster than it is built, and each verdict begins with such a copy.
      this.#hashes = new Set(other.#hashes);
      return;
    }
    for (const hash of other.#hashes) this.add(hash);
  }

  /** Returns the hashes that belong to a level, which is at least that of the sample. */
  hashes(level = this.#level): IterableIterator<number> {
    if (level <= this.#level) return this.#hashes.values();
    return [...this.#hashes].filter((hash) => isSampled(hash, level)).values();
  }

  /** Returns the stored form. */
  toDocument(): KeySampleDocument {
    const hashes = Uint32Array.from(this.#hashes).sort();
    const bytes = Buffer.alloc(hashes.length * 4);
    for (const [index, hash] of hashes.entries()) bytes.writeUInt32LE(hash, index * 4);
    return { level: this.#level, hashes: bytes.toString('base64') };
  }

  /**
   * Reads a stored form; `path` names it in messages.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for another value
   */
  static fromDocument(
    document: KeySampleDocument,
    options: KeySampleOptions,
    path = 'KeySample',
  ): KeySample {
    const sample = new KeySample(options);
    const { level, hashes } = Object(document) as Readonly<Record<string, unknown>>;
    sample.#level = checkInteger(`${path}.level`, level as number, 0, MAX_LEVEL);
    if (typeof hashes !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(hashes)) {
      throw invalidOption(`${path}.hashes must be base64, got ${describeValue(hashes)}.`);
    }
    const bytes = Buffer.from(hashes, 'base64');
    if (bytes.length % 4 !== 0) {
      throw invalidOption(`${path}.hashes has ${bytes.length} bytes, not a multiple of 4.`);
    }
    for (let at = 0; at < bytes.length; at += 4) {
      const hash = bytes.readUInt32LE(at);
      if (!isSampled(hash, sample.#level)) {
        throw invalidOption(`${path}.hashes has ${hash}, which isn't of level ${sample.#level}.`);
      }
      sample.add(hash);
    }
    return sample;
  }

  #raiseLevel(level: number): void {
    this.#level = level;
    for (const hash of this.#hashes) if (!isSampled(hash, level)) this.#hashes.delete(hash);
  }
}

/** Returns whether a key belongs to a level. */
export function isSampled(hash: number, level: number): boolean {
  return hash < 2 ** (32 - level);
}
