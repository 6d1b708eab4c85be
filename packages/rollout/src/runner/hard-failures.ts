import { countNoun } from '../count-noun.ts';
import { BASELINE, CANDIDATE } from '../assignment/variants.ts';

const BUCKET_MS = 1000;
const BUCKETS = 10;
/** Fewer failures may be chance. */
const MIN_FAILURES = 5;
/** One user whose requests fail says little. */
const MIN_USERS = 3;
/** The baseline must have answered in this time: without it, the fault may be one that both share. */
const BASELINE_MS = 300_000;

interface Bucket {
  second: number;
  requests: number;
  failures: number;
}

/** The end of a request, as far as hard failures need it. */
export interface EndedRequest {
  readonly variant: string;
  readonly failed: boolean;
  /** The key of the request, where users keep their variant. */
  readonly user: string | undefined;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Notices a candidate that fails hard on this host, long before statistics of the fleet would: most of its requests of the last ten seconds failed, or its last
 * five, of at least three users, while the baseline answers.
 */
export class HardFailures {
  readonly #recent = new Map<string, Bucket[]>();
  /** Failures without a success between. */
  #failedInRow = 0;
  /** Users of these failures; a few are enough. */
  readonly #usersInRow = new Set<string>();
  /** Users of failures of the last seconds. */
  readonly #failedUsers = new Map<string, number>();
  #baselineAnsweredAt = -Infinity;

  /** Counts a request; returns the reason to take the candidate out, if there is one. */
  add({ variant, failed, user, now }: EndedRequest): string | undefined {
    const second = Math.floor(now / BUCKET_MS);
    this.#count(variant, failed, second);
    if (variant === BASELINE && !failed) this.#baselineAnsweredAt = now;
    if (variant !== CANDIDATE) return undefined;
    if (!failed) {
      this.#failedInRow = 0;
      this.#usersInRow.clear();
      return undefined;
    }
    this.#failedInRow += 1;
    if (user !== undefined) {
      if (this.#usersInRow.size < MIN_USERS) this.#usersInRow.add(user);
      this.#failedUsers.delete(user);
      this.#failedUsers.set(user, second);
      for (const [each, at] of this.#failedUsers) {
        if (at > second - BUCKETS && this.#failedUsers.size <= MIN_USERS) break;
        this.#failedUsers.delete(each);
      }
    }
    return this.#reason(second, now, user !== undefined);
  }

  #count(variant: string, failed: boolean, second: number): void {
    const buckets = this.#bucketsOf(variant);
    const slot = second % BUCKETS;
    let bucket = buckets[slot];
    if (bucket?.second !== second) buckets[slot] = bucket = { second, requests: 0, failures: 0 };
    bucket.requests += 1;
    if (failed) bucket.failures += 1;
  }

  #reason(second: number, now: number, byUser: boolean): string | undefined {
    const candidate = this.#sum(CANDIDATE, second);
    const baseline = this.#sum(BASELINE, second);
    const rate = candidate.failures / candidate.requests;
    const baselineRate = baseline.requests === 0 ? 0 : baseline.failures / baseline.requests;
    if (baselineRate > rate / 2 || now - this.#baselineAnsweredAt > BASELINE_MS) return undefined;
    const hasUsers = (users: number): boolean => !byUser || users >= MIN_USERS;
    if (candidate.failures >= MIN_FAILURES && rate > 0.5 && hasUsers(this.#failedUsers.size)) {
      return `${candidate.failures} of ${countNoun(candidate.requests, 'request')} of the candidate failed within ${BUCKETS} seconds`;
    }
    if (this.#failedInRow < MIN_FAILURES || !hasUsers(this.#usersInRow.size)) return undefined;
    return `the last ${this.#failedInRow} requests of the candidate failed`;
  }

  #bucketsOf(variant: string): Bucket[] {
    const known = this.#recent.get(variant);
    if (known !== undefined) return known;
    const buckets: Bucket[] = [];
    this.#recent.set(variant, buckets);
    return buckets;
  }

  #sum(variant: string, second: number): { requests: number; failures: number } {
    let [requests, failures] = [0, 0];
    // Slots without a request yet are empty.
    for (const bucket of Object.values(this.#bucketsOf(variant))) {
      if (bucket.second <= second - BUCKETS) continue;
      requests += bucket.requests;
      failures += bucket.failures;
    }
    return { requests, failures };
  }
}
