import { describeValue } from '@fairlead/signature';
import { invalidOption } from '../check-options.ts';
import { KeySample, type KeySampleDocument } from './key-sample.ts';
import { OutcomeSample, type OutcomeSampleDocument } from './outcome-sample.ts';

/** Stored form of {@link OutcomeCounts}. */
export interface OutcomeCountsDocument {
  /** Users by variant, and those who change it under `changing`. */
  readonly users: Readonly<Record<string, KeySampleDocument>>;
  /** Outcomes by metric. */
  readonly metrics: Readonly<Record<string, OutcomeSampleDocument>>;
}

/** Users of a variant in a step that are counted; of more, a sample. */
export const MAX_USERS = 65_536;
/** Users of both variants may have an outcome. */
const MAX_OUTCOMES = 2 * MAX_USERS;
/** Name of the users whose variant changes in a later step: they aren't compared, in that step neither. */
export const CHANGING = 'changing';
/** Both variants, and the users who change. */
const MAX_VARIANTS = 3;
/** Names are those of a plan, which has at most so many. */
const MAX_METRICS = 4;

/**
 * Users who got a variant, and outcomes of users, of an A/B test during one step, on one host or many. Which variant an outcome belongs to is found later, by the
 * hash of its key: the gateway that receives an outcome needn't be the one that answered, nor know the user.
 *
 * It merges exactly and in any order, as `StepCounts` do.
 */
export class OutcomeCounts {
  readonly #users = new Map<string, KeySample>();
  readonly #metrics = new Map<string, OutcomeSample>();

  /** Users by the name of the variant, and those who change it under `changing`. */
  get users(): ReadonlyMap<string, KeySample> {
    return this.#users;
  }

  /** Outcomes by the name of the metric. */
  get metrics(): ReadonlyMap<string, OutcomeSample> {
    return this.#metrics;
  }

  /** Counts a user who got a variant. */
  addUser(variant: string, hash: number): void {
    entry(this.#users, variant, MAX_VARIANTS, newUsers)?.add(hash);
  }

  /** Counts an outcome of a user. */
  addOutcome(metric: string, hash: number, outcome: Parameters<OutcomeSample['add']>[1]): void {
    entry(this.#metrics, metric, MAX_METRICS, newOutcomes)?.add(hash, outcome);
  }

  /** Adds the counts of another host or minute. */
  merge(other: OutcomeCounts): void {
    for (const [variant, users] of other.#users) {
      entry(this.#users, variant, MAX_VARIANTS, newUsers)?.merge(users);
    }
    for (const [metric, outcomes] of other.#metrics) {
      entry(this.#metrics, metric, MAX_METRICS, newOutcomes)?.merge(outcomes);
    }
  }

  /** Returns the stored form. */
  toDocument(): OutcomeCountsDocument {
    const users = [...this.#users].map(([name, of]) => [name, of.toDocument()] as const);
    const metrics = [...this.#metrics].map(([name, of]) => [name, of.toDocument()] as const);
    return { users: Object.fromEntries(users), metrics: Object.fromEntries(metrics) };
  }

  /**
   * Reads a stored form.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` naming the field that is no such value
   */
  static fromDocument(document: OutcomeCountsDocument): OutcomeCounts {
    const counts = new OutcomeCounts();
    const { users, metrics } = Object(document) as OutcomeCountsDocument;
    for (const [variant, given] of entriesOf('outcomes.users', users, MAX_VARIANTS)) {
      const path = `outcomes.users[${JSON.stringify(variant)}]`;
      counts.#users.set(variant, KeySample.fromDocument(given, { maxKeys: MAX_USERS }, path));
    }
    for (const [metric, given] of entriesOf('outcomes.metrics', metrics, MAX_METRICS)) {
      const path = `outcomes.metrics[${JSON.stringify(metric)}]`;
      const options = { maxKeys: MAX_OUTCOMES };
      counts.#metrics.set(metric, OutcomeSample.fromDocument(given, options, path));
    }
    return counts;
  }
}

const newUsers = (): KeySample => new KeySample({ maxKeys: MAX_USERS });
const newOutcomes = (): OutcomeSample => new OutcomeSample({ maxKeys: MAX_OUTCOMES });

function entry<T>(of: Map<string, T>, name: string, max: number, create: () => T): T | undefined {
  const known = of.get(name);
  if (known !== undefined) return known;
  if (of.size >= max) return undefined;
  const created = create();
  of.set(name, created);
  return created;
}

function entriesOf<T>(
  path: string,
  value: Readonly<Record<string, T>>,
  max: number,
): [string, T][] {
  const isObject = typeof value === 'object' && (value as unknown) !== null;
  if (isObject && !Array.isArray(value) && Object.keys(value).length <= max) {
    return Object.entries(value);
  }
  throw invalidOption(`${path} must be an object of up to ${max}, got ${describeValue(value)}.`);
}
