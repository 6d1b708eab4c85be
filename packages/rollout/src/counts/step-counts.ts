import { describeValue } from '@fairlead/signature';
import { checkInteger, checkNumber, invalidOption } from '../check-options.ts';
import { murmurHash3 } from '../assignment/murmur-hash.ts';
import { KeySample, type KeySampleDocument } from './key-sample.ts';
import { CHANGING, OutcomeCounts, type OutcomeCountsDocument } from './outcome-counts.ts';
import { eventOf, MAX_EVENT_KEYS, type EventCounts, type MutableEvent } from './event-counts.ts';
import { secondOf } from './outcome-sample.ts';

/** A request that a variant answered, as far as a rollout counts it. */
export interface CountedRequest {
  readonly variant: string;
  /** Key that the variant was assigned by; undefined where requests are assigned one by one. */
  readonly key?: string | undefined;
  /** Names of what happened, such as `failure` and `slow`. */
  readonly events: readonly string[];
  /** Of an A/B test: whether the user keeps the variant in all steps of the plan. Users who change are only counted, not compared. */
  readonly user?: 'stays' | 'changes' | undefined;
}

/** An outcome of a user, as far as an A/B test counts it. */
export interface CountedOutcome {
  /** Key that the variant was assigned by. */
  readonly key: string;
  readonly metric: string;
  /** A finite number. */
  readonly value: number;
  /** Time in milliseconds since the epoch; the first outcome counts. */
  readonly at: number;
}

/** An outcome by the hash of its key. */
export type HashedOutcome = Omit<CountedOutcome, 'key'> & { readonly hash: number };

/** Requests of one variant. */
export interface VariantCounts {
  readonly requests: number;
  readonly keys: KeySample;
  /** By the name of the event. */
  readonly events: ReadonlyMap<string, EventCounts>;
}

/** Stored form of {@link StepCounts}. */
export interface StepCountsDocument {
  readonly rollout: string;
  readonly step: number;
  readonly variants: Readonly<
    Record<
      string,
      {
        readonly requests: number;
        readonly keys: KeySampleDocument;
        readonly events: Readonly<
          Record<string, { readonly count: number; readonly keys: KeySampleDocument }>
        >;
      }
    >
  >;
  /** Of an A/B test. */
  readonly outcomes?: OutcomeCountsDocument;
}

const MAX_KEYS = 8192;
const MAX_VARIANTS = 8;
/** Squares of such values can be added up for any number of users. */
const MAX_VALUE = 1e15;

interface MutableCounts {
  requests: number;
  readonly keys: KeySample;
  readonly events: Map<string, MutableEvent>;
}

/**
 * Requests and events of each variant during one step of a rollout, on one host or many.
 *
 * It holds counts and sets of keys in limited memory, and merges exactly and in any order: a user that several hosts have seen counts once. Of labels, whose events
 * begin with `label:`, each variant counts 24.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for a step that is no integer from 0
 *
 * @example
 * ```ts
 * import { StepCounts } from '@fairlead/rollout';
 *
 * const counts = new StepCounts({ rollout: 'churn-4', step: 0 });
 * counts.add({ variant: 'candidate', key: 'user-4', events: ['failure'] });
 * counts.add({ variant: 'candidate', key: 'user-4', events: ['failure'] });
 * const failures = counts.variants.get('candidate')?.events.get('failure');
 * console.log(failures?.count, failures?.keys.size); // 2 1
 * ```
 */
export class StepCounts {
  readonly rollout: string;
  readonly step: number;
  /** Independent of the buckets that assign the variants. */
  readonly #seed: number;
  readonly #variants = new Map<string, MutableCounts>();
  #outcomes: OutcomeCounts | undefined;

  constructor({ rollout, step }: { readonly rollout: string; readonly step: number }) {
    this.rollout = rollout;
    this.step = checkInteger('StepCounts: step', step, 0, 1000);
    this.#seed = murmurHash3(`${rollout} counts`, 0);
  }

  /** Counts by the name of the variant. */
  get variants(): ReadonlyMap<string, VariantCounts> {
    return this.#variants;
  }

  /** Users and outcomes of an A/B test. */
  get outcomes(): Pick<OutcomeCounts, 'users' | 'metrics'> | undefined {
    return this.#outcomes;
  }

  /** Returns the hash by which users and outcomes of a key are counted: an unsigned 32-bit integer. */
  keyHash(key: string): number {
    return murmurHash3(key, this.#seed);
  }

  /** Returns whether a user, by the hash of the key, is among those who got an answer and are counted. */
  hasUser(hash: number): boolean {
    return [...(this.#outcomes?.users.values() ?? [])].some((users) => users.has(hash));
  }

  /** Counts a request; more than eight variants are ignored. */
  add({ variant, key, events, user }: CountedRequest): void {
    const counts = this.#variant(variant);
    if (counts === undefined) return;
    counts.requests += 1;
    const hash = key === undefined ? undefined : this.keyHash(key);
    if (hash !== undefined) counts.keys.add(hash);
    if (hash !== undefined && user !== undefined) {
      this.#outcomes ??= new OutcomeCounts();
      this.#outcomes.addUser(user === 'stays' ? variant : CHANGING, hash);
    }
    for (const name of events) {
      const event = eventOf(counts.events, name);
      if (event === undefined) continue;
      event.count += 1;
      if (hash !== undefined) event.keys.add(hash);
    }
  }

  /**
   * Counts an outcome, which may be delivered again: of each key and metric the first one counts.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for a value that isn't finite, or beyond 10¹⁵
   */
  addOutcome({ key, ...outcome }: CountedOutcome): void {
    this.addHashedOutcome({ hash: this.keyHash(key), ...outcome });
  }

  /** Counts an outcome by the hash of its key, as `addOutcome` does. */
  addHashedOutcome({ hash, metric, value, at }: HashedOutcome): void {
    checkOutcomeValue(value);
    this.#outcomes ??= new OutcomeCounts();
    // −0 and 0 are equal, and stored differently.
    this.#outcomes.addOutcome(metric, hash, { second: secondOf(at), value: value + 0 });
  }

  /**
   * Adds the counts of another host or minute.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for counts of another rollout or step
   */
  merge(other: StepCounts): void {
    if (other.rollout !== this.rollout || other.step !== this.step) {
      throw invalidOption(
        `Counts of ${other.rollout}, step ${other.step}, can't be merged with those of ${this.rollout}, step ${this.step}.`,
      );
    }
    if (other.#outcomes !== undefined) {
      (this.#outcomes ??= new OutcomeCounts()).merge(other.#outcomes);
    }
    for (const [variant, { requests, keys, events }] of other.#variants) {
      const counts = this.#variant(variant);
      if (counts === undefined) continue;
      counts.requests += requests;
      counts.keys.merge(keys);
      for (const [name, event] of events) {
        const own = eventOf(counts.events, name);
        if (own === undefined) continue;
        own.count += event.count;
        own.keys.merge(event.keys);
      }
    }
  }

  /** Returns the stored form. */
  toDocument(): StepCountsDocument {
    const variants = [...this.#variants].map(([variant, { requests, keys, events }]) => {
      const stored = [...events].map(
        ([name, event]) => [name, { count: event.count, keys: event.keys.toDocument() }] as const,
      );
      const document = { requests, keys: keys.toDocument() };
      return [variant, { ...document, events: Object.fromEntries(stored) }] as const;
    });
    return {
      ...{ rollout: this.rollout, step: this.step, variants: Object.fromEntries(variants) },
      ...(this.#outcomes !== undefined && { outcomes: this.#outcomes.toDocument() }),
    };
  }

  /**
   * Reads a stored form.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` naming the field that is no such value
   */
  static fromDocument(document: StepCountsDocument): StepCounts {
    const { rollout, step, variants, outcomes } = Object(document) as StepCountsDocument;
    if (typeof rollout !== 'string') {
      throw invalidOption(`rollout must be a name, got ${describeValue(rollout)}.`);
    }
    const counts = new StepCounts({ rollout, step });
    if (outcomes !== undefined) counts.#outcomes = OutcomeCounts.fromDocument(outcomes);
    for (const [variant, given] of entriesOf('variants', variants)) {
      const path = `variants[${JSON.stringify(variant)}]`;
      const { requests, keys, events } = Object(given) as typeof given;
      const read: MutableCounts = {
        requests: checkCount(`${path}.requests`, requests),
        keys: KeySample.fromDocument(keys, { maxKeys: MAX_KEYS }, `${path}.keys`),
        events: new Map(),
      };
      for (const [name, event] of entriesOf(`${path}.events`, events)) {
        const place = `${path}.events[${JSON.stringify(name)}]`;
        const { count, keys: hashes } = Object(event) as typeof event;
        read.events.set(name, {
          count: checkCount(`${place}.count`, count),
          keys: KeySample.fromDocument(hashes, { maxKeys: MAX_EVENT_KEYS }, `${place}.keys`),
        });
      }
      counts.#variants.set(variant, read);
    }
    return counts;
  }

  #variant(name: string): MutableCounts | undefined {
    const known = this.#variants.get(name);
    if (known !== undefined) return known;
    if (this.#variants.size >= MAX_VARIANTS) return undefined;
    const counts: MutableCounts = {
      requests: 0,
      keys: new KeySample({ maxKeys: MAX_KEYS }),
      events: new Map(),
    };
    this.#variants.set(name, counts);
    return counts;
  }
}

/** @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for a value that isn't finite, or beyond 10¹⁵ */
export function checkOutcomeValue(value: number): void {
  checkNumber('StepCounts: value', value, -MAX_VALUE, MAX_VALUE);
}

function checkCount(path: string, value: number): number {
  return checkInteger(path, value, 0, Number.MAX_SAFE_INTEGER);
}

function entriesOf<T>(path: string, value: Readonly<Record<string, T>>): [string, T][] {
  if (typeof value === 'object' && !Array.isArray(value) && (value as unknown) !== null) {
    return Object.entries(value);
  }
  throw invalidOption(`${path} must be an object, got ${describeValue(value)}.`);
}
