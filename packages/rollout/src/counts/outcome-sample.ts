import { Buffer } from 'node:buffer';
import { describeValue } from '@fairlead/signature';
import { checkInteger, invalidOption } from '../check-options.ts';
import { isSampled, MAX_LEVEL } from './key-sample.ts';

/** Outcome of one user: the first one. */
export interface FirstOutcome {
  /** Time in seconds since the epoch. */
  readonly second: number;
  readonly value: number;
}

/** Stored form of an {@link OutcomeSample}. */
export interface OutcomeSampleDocument {
  /** The sample has every 2^level-th key. */
  readonly level: number;
  /**
   * Of each key 16 bytes in base64, by ascending hash: hash and second as unsigned 32-bit integers, and the value as a 64-bit floating-point number, all little-endian.
   */
  readonly outcomes: string;
}

const BYTES = 16;
const MAX_UINT32 = 2 ** 32 - 1;

/**
 * The first outcome of each key in limited memory: of all keys, and beyond a limit of a sample by hash, the same keys as those of a `KeySample` of the same level.
 *
 * Of several outcomes of a key the earliest one counts, and of the same second the smallest. So samples of several hosts merge in any order, and an outcome that is
 * delivered again changes nothing.
 */
export class OutcomeSample {
  readonly #maxKeys: number;
  #level = 0;
  readonly #outcomes = new Map<number, FirstOutcome>();

  constructor({ maxKeys }: { readonly maxKeys: number }) {
    this.#maxKeys = checkInteger('OutcomeSample: maxKeys', maxKeys, 1, 1_000_000);
  }

  /** The sample has every 2^level-th key. */
  get level(): number {
    return this.#level;
  }

  /** Outcomes by the hash of their key. */
  get outcomes(): ReadonlyMap<number, FirstOutcome> {
    return this.#outcomes;
  }

  /** Adds an outcome by the hash of its key, an unsigned 32-bit integer. */
  add(hash: number, outcome: FirstOutcome): void {
    if (!isSampled(hash, this.#level)) return;
    const known = this.#outcomes.get(hash);
    if (known !== undefined && !isBefore(outcome, known)) return;
    this.#outcomes.set(hash, outcome);
    while (this.#outcomes.size > this.#maxKeys) this.#raiseLevel(this.#level + 1);
  }

  /** Adds the outcomes of another sample, which stays as it is. */
  merge(other: OutcomeSample): void {
    if (other.level > this.#level) this.#raiseLevel(other.level);
    for (const [hash, outcome] of other.#outcomes) this.add(hash, outcome);
  }

  /** Returns the stored form. */
  toDocument(): OutcomeSampleDocument {
    const sorted = [...this.#outcomes].sort(([a], [b]) => a - b);
    const bytes = Buffer.alloc(sorted.length * BYTES);
    for (const [index, [hash, { second, value }]] of sorted.entries()) {
      bytes.writeUInt32LE(hash, index * BYTES);
      bytes.writeUInt32LE(second, index * BYTES + 4);
      bytes.writeDoubleLE(value, index * BYTES + 8);
    }
    return { level: this.#level, outcomes: bytes.toString('base64') };
  }

  /**
   * Reads a stored form; `path` names it in messages.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for another value
   */
  static fromDocument(
    document: OutcomeSampleDocument,
    options: { readonly maxKeys: number },
    path: string,
  ): OutcomeSample {
    const sample = new OutcomeSample(options);
    const { level, outcomes } = Object(document) as Readonly<Record<string, unknown>>;
    sample.#level = checkInteger(`${path}.level`, level as number, 0, MAX_LEVEL);
    if (typeof outcomes !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(outcomes)) {
      throw invalidOption(`${path}.outcomes must be base64, got ${describeValue(outcomes)}.`);
    }
    const bytes = Buffer.from(outcomes, 'base64');
    if (bytes.length % BYTES !== 0) {
      throw invalidOption(
        `${path}.outcomes has ${bytes.length} bytes, not a multiple of ${BYTES}.`,
      );
    }
    for (let at = 0; at < bytes.length; at += BYTES) {
      const hash = bytes.readUInt32LE(at);
      const value = bytes.readDoubleLE(at + 8);
      if (!isSampled(hash, sample.#level) || !Number.isFinite(value)) {
        throw invalidOption(
          `${path}.outcomes has ${value} of ${hash}, which isn't a finite number of level ${sample.#level}.`,
        );
      }
      sample.add(hash, { second: bytes.readUInt32LE(at + 4), value });
    }
    return sample;
  }

  #raiseLevel(level: number): void {
    this.#level = level;
    for (const hash of this.#outcomes.keys()) {
      if (!isSampled(hash, level)) this.#outcomes.delete(hash);
    }
  }
}

/** Order of the outcomes of a key, in which the first one counts. */
export function isBefore(a: FirstOutcome, b: FirstOutcome): boolean {
  return a.second < b.second || (a.second === b.second && a.value < b.value);
}

/** Second of a time in milliseconds since the epoch, within what is stored. */
export function secondOf(at: number): number {
  return Math.min(MAX_UINT32, Math.max(0, Math.floor(at / 1000)));
}
