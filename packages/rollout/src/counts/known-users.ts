import { isSampled } from './key-sample.ts';
import type { StepCounts } from './step-counts.ts';

/**
 * Finds the outcomes that a test needs, by the users who got an answer: any client with a key can send those of `unknown` users, and those of users that were
 * `sampled-out` don't count, since the test has become a sample.
 */
export class KnownUsers {
  readonly #counts: readonly StepCounts[];
  readonly #level: number;

  /** @param counts - counts of all steps, of the fleet and of this process */
  constructor(counts: readonly StepCounts[]) {
    this.#counts = counts;
    const users = counts.flatMap(({ outcomes }) => [...(outcomes?.users.values() ?? [])]);
    this.#level = users.reduce((highest, { level }) => Math.max(highest, level), 0);
  }

  /** Looks a user up by the hash of the key. */
  find(hash: number): 'known' | 'sampled-out' | 'unknown' {
    if (!isSampled(hash, this.#level)) return 'sampled-out';
    return this.#counts.some((counts) => counts.hasUser(hash)) ? 'known' : 'unknown';
  }
}
