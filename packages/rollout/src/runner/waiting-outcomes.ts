import type { KnownUsers } from '../counts/known-users.ts';
import { checkOutcomeValue, type HashedOutcome, type StepCounts } from '../counts/step-counts.ts';
import type { RolloutState } from '../state/rollout-state.ts';
import { COMPLETE_MS } from './counts-keys.ts';
import {
  acceptOutcomes,
  isStored,
  uncountedOutcomes,
  type AddedOutcomes,
  type RolloutOutcome,
} from './accept-outcomes.ts';
import type { OutcomeTally } from './outcome-tally.ts';

/** Outcomes of users that aren't known yet; more are refused. */
const MAX_WAITING = 65_536;
/** Answers of all hosts are usually known after so long: an outcome that has waited longer may be replaced by another one. */
const REPLACEABLE_MS = 300_000;
/** Outcomes of users that aren't known at the end of a process are stored up to so many, so that a restart loses none. */
const MAX_AT_END = 8192;

interface Waiting {
  readonly outcome: HashedOutcome;
  readonly since: number;
}

/** Dependencies of each call. */
export interface WaitingOutcomesContext {
  readonly state: RolloutState;
  readonly users: KnownUsers;
  /** Counts that are stored next. */
  readonly counts: StepCounts;
  readonly now: number;
}

/**
 * Outcomes of an A/B test that arrive at one process. Those of users who got an answer count at once. The answer of another host is known after about a minute: until
 * then outcomes wait in memory. So a client that sends outcomes of keys that no user has neither fills the store nor makes the test a sample.
 */
export class WaitingOutcomes {
  /** The oldest first. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #tally: OutcomeTally;

  constructor(tally: OutcomeTally) {
    this.#tally = tally;
  }

  /** Number of outcomes that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Adds outcomes that have just arrived. */
  add(context: WaitingOutcomesContext, outcomes: readonly RolloutOutcome[]): AddedOutcomes {
    const { own, uncounted } = acceptOutcomes(context.state, outcomes);
    const { users, counts } = context;
    let [counted, waiting, refused] = [0, 0, 0];
    for (const { key, ...given } of own) {
      checkOutcomeValue(given.value);
      const hash = counts.keyHash(key);
      const outcome = { hash, ...given };
      const user = users.find(hash);
      if (user !== 'unknown') {
        if (user === 'known' && isStored(context.state, outcome)) counts.addHashedOutcome(outcome);
        counted += 1;
      } else if (!isStored(context.state, outcome) || this.#wait(outcome, context.now)) {
        waiting += 1;
      } else refused += 1;
    }
    const unknown = uncountedOutcomes('unknown_user', refused);
    const added = { counted, waiting, uncounted: [...uncounted, ...unknown] };
    this.#tally.add(added);
    return added;
  }

  /** Counts the outcomes of users that are known by now, and drops those that waited for too long. */
  settle({ users, counts, now }: WaitingOutcomesContext): void {
    for (const [id, { outcome, since }] of this.#waiting) {
      const user = users.find(outcome.hash);
      const isOld = now - since > COMPLETE_MS;
      if (user === 'unknown' && !isOld) continue;
      this.#waiting.delete(id);
      if (user === 'known') counts.addHashedOutcome(outcome);
      this.#tally.count(user === 'unknown' ? 'unknown_user' : 'counted', 1);
    }
  }

  /** Counts the last outcomes of users that aren't known at the end of a process, up to a limit. */
  end(context: WaitingOutcomesContext): void {
    this.settle(context);
    const last = [...this.#waiting.values()]
      .slice(-MAX_AT_END)
      .filter(({ since }) => context.now - since <= REPLACEABLE_MS);
    for (const { outcome } of last) context.counts.addHashedOutcome(outcome);
    this.#tally.count('counted', last.length);
    this.#tally.count('unknown_user', this.#waiting.size - last.length);
    this.#waiting.clear();
  }

  /** Returns false where too many wait already. */
  #wait(outcome: HashedOutcome, now: number): boolean {
    const id = `${outcome.hash} ${outcome.metric}`;
    const known = this.#waiting.get(id);
    if (known !== undefined) {
      if (outcome.at < known.outcome.at) this.#waiting.set(id, { ...known, outcome });
      return true;
    }
    if (this.#waiting.size >= MAX_WAITING) {
      const [oldest] = this.#waiting;
      if (oldest === undefined || now - oldest[1].since <= REPLACEABLE_MS) return false;
      this.#waiting.delete(oldest[0]);
      this.#tally.count('unknown_user', 1);
    }
    this.#waiting.set(id, { outcome, since: now });
    return true;
  }
}
