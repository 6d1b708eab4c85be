import { describeValue } from '@fairlead/signature';
import { checkOptions, invalidOption } from '../check-options.ts';
import { murmurHash3 } from './murmur-hash.ts';
import { BASELINE } from './variants.ts';

/** Shares of the candidates by name, from 0 to 1; the baseline gets the rest. */
export type CandidateShares = Readonly<Record<string, number>>;

/** Options of a {@link TrafficSplit}. */
export interface TrafficSplitOptions {
  /** Name of the rollout: with another name, keys are assigned independently. */
  readonly rollout: string;
  /** Shares at each step so far, the current one last. A share never shrinks, so that a key never leaves a candidate. */
  readonly steps: readonly CandidateShares[];
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly variant: string;
}

const BUCKETS = 2 ** 32;

/**
 * Assigns keys, such as ids of users, to the variants of a rollout: by hash, without a table, and so equally on every host and after every restart.
 *
 * A larger share adds keys to a candidate, and moves no other key.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for a share that isn't from 0 to 1, shares of more than 1 in total, and a share that shrinks
 *
 * @example
 * ```ts
 * import { TrafficSplit } from '@fairlead/rollout';
 *
 * const split = new TrafficSplit({ rollout: 'churn-4', steps: [{ candidate: 0.1 }] });
 * console.log(split.variantOf('user-7'), split.variantOf('user-19')); // baseline candidate
 * console.log(split.shares); // { candidate: 0.1, baseline: 0.9 }
 * ```
 */
export class TrafficSplit {
  /** Share of each variant. */
  readonly shares: CandidateShares;
  readonly #seed: number;
  /** In the order of their buckets. */
  readonly #ranges: readonly Range[];

  constructor(options: TrafficSplitOptions) {
    checkOptions('TrafficSplit', options, { rollout: 'required', steps: 'required' });
    const { rollout, steps } = options;
    if (typeof rollout !== 'string' || rollout === '') {
      throw invalidOption(
        `TrafficSplit: rollout must be a name, such as "churn-4", got ${describeValue(rollout)}.`,
      );
    }
    this.#seed = murmurHash3(rollout, 0);
    checkSteps(steps);
    this.#ranges = allocate(steps);
    const current = steps.at(-1) ?? {};
    const candidates = Object.values(current).reduce((sum, share) => sum + share, 0);
    this.shares = { ...current, [BASELINE]: Math.max(0, 1 - candidates) };
  }

  /** Returns the variant of a key. */
  variantOf(key: string): string {
    const bucket = murmurHash3(key, this.#seed);
    return this.#ranges.find(({ to }) => bucket < to)?.variant ?? BASELINE;
  }
}

function checkSteps(steps: readonly CandidateShares[]): void {
  let before: CandidateShares = {};
  for (const [index, shares] of steps.entries()) {
    let total = 0;
    for (const [variant, share] of Object.entries(shares)) {
      const name = `TrafficSplit: steps[${index}].${variant}`;
      if (variant === BASELINE) {
        throw invalidOption(`${name}: the baseline gets what the candidates don't; leave it out.`);
      }
      if (typeof share !== 'number' || !(share >= 0 && share <= 1)) {
        throw invalidOption(`${name} must be a share from 0 to 1, got ${describeValue(share)}.`);
      }
      total += share;
    }
    // A tenth and nine tenths as binary numbers may be slightly more than 1.
    if (total > 1 + 1e-9) {
      throw invalidOption(
        `TrafficSplit: steps[${index}] has shares of ${total} in total, more than 1.`,
      );
    }
    for (const [variant, share] of Object.entries(before)) {
      if ((shares[variant] ?? 0) >= share) continue;
      throw invalidOption(
        `TrafficSplit: steps[${index}].${variant} is ${shares[variant] ?? 0}, less than ${share} before; a share can't shrink.`,
      );
    }
    before = shares;
  }
}

/** Gives each candidate what its share has grown by, from the first buckets that the baseline still has. */
function allocate(steps: readonly CandidateShares[]): readonly Range[] {
  let ranges: readonly Range[] = [{ from: 0, to: BUCKETS, variant: BASELINE }];
  for (const shares of steps) {
    for (const [variant, share] of Object.entries(shares)) {
      const size = ranges
        .filter((range) => range.variant === variant)
        .reduce((sum, { from, to }) => sum + to - from, 0);
      ranges = take(ranges, variant, Math.round(share * BUCKETS) - size);
    }
  }
  return ranges;
}

function take(ranges: readonly Range[], variant: string, buckets: number): readonly Range[] {
  let rest = buckets;
  return ranges.flatMap((range) => {
    if (range.variant !== BASELINE || rest <= 0) return [range];
    const middle = Math.min(range.to, range.from + rest);
    rest -= middle - range.from;
    const taken = { from: range.from, to: middle, variant };
    return middle === range.to ? [taken] : [taken, { ...range, from: middle }];
  });
}
