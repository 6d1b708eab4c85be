import { BASELINE, CANDIDATE } from '../assignment/variants.ts';

const BUCKET_MS = 1000;
const BUCKETS = 10;
/** Fewer failures may be chance. */
const MIN_FAILURES = 5;

interface Bucket {
  second: number;
  requests: number;
  failures: number;
}

/**
 * Notices a candidate that fails hard on this host, long before statistics of the fleet would: most of its requests of the last ten seconds failed, or its last
 * five, while the baseline works.
 */
export class HardFailures {
  readonly #recent = new Map<string, Bucket[]>();
  #failedInRow = 0;

  /** Counts a request; returns the reason to take the candidate out, if there is one. */
  add(variant: string, failed: boolean, now: number): string | undefined {
    const second = Math.floor(now / BUCKET_MS);
    const buckets = this.#bucketsOf(variant);
    const slot = second % BUCKETS;
    let bucket = buckets[slot];
    if (bucket?.second !== second) buckets[slot] = bucket = { second, requests: 0, failures: 0 };
    bucket.requests += 1;
    if (failed) bucket.failures += 1;
    if (variant !== CANDIDATE) return undefined;
    this.#failedInRow = failed ? this.#failedInRow + 1 : 0;
    return failed ? this.#reason(second) : undefined;
  }

  #reason(second: number): string | undefined {
    const candidate = this.#sum(CANDIDATE, second);
    const baseline = this.#sum(BASELINE, second);
    const rate = candidate.failures / candidate.requests;
    // A fault that both share, such as a broken dependency, says nothing about the candidate.
    const baselineRate = baseline.requests === 0 ? 0 : baseline.failures / baseline.requests;
    if (baselineRate > rate / 2) return undefined;
    if (candidate.failures >= MIN_FAILURES && rate > 0.5) {
      return `${candidate.failures} of ${candidate.requests} requests of the candidate failed within ${BUCKETS} seconds`;
    }
    if (this.#failedInRow < MIN_FAILURES) return undefined;
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
