import { checkInteger, checkNumber, checkOptions, invalidOption } from '../check-options.ts';
import { Bets, logGainAbove, logGainBelow, type BetsDocument } from './bets.ts';
import type { MeanInterval } from './mean-interval.ts';
import { checkLimits, checkOutcome, type OutcomeLimits } from './outcome-limits.ts';

/** Options of a {@link BoundedMeanInterval}. */
export interface BoundedMeanIntervalOptions extends OutcomeLimits {
  /** Probability that the interval is ever wrong, above 0 and below 1. */
  readonly alpha: number;
  /**
   * Means that are tested, evenly from `min` to `max`, from 3 to 100,000: the interval ends at two of them. Time for an outcome and size of the stored form grow with
   * their number, about 15 KB for 401.
   *
   * @defaultValue 401
   */
  readonly points?: number | undefined;
}

/** Stored form of a {@link BoundedMeanInterval}. */
export interface BoundedMeanIntervalDocument extends BetsDocument {
  readonly options: BoundedMeanIntervalOptions;
  /** For each tested mean the logarithm of the capital that was bet on a larger one. */
  readonly logAbove: readonly number[];
  /** For each tested mean the logarithm of the capital that was bet on a smaller one. */
  readonly logBelow: readonly number[];
}

/**
 * Confidence interval of the mean of outcomes with known limits, one after another: valid at every look and for each number of outcomes, without the normal distribution.
 *
 * It bets against many means, and has those against which no bet was won. Outcomes must be added in the order in which they came, one per user.
 *
 * Source: I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024), theorem 3 (hedged capital), on a grid. The interval ends at
 * the next tested mean outside, so that it isn't too narrow between two of them.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for limits in the wrong order, and options that are out of their limits
 *
 * @example
 * ```ts
 * import { BoundedMeanInterval } from '@fairlead/rollout';
 *
 * const means = new BoundedMeanInterval({ min: 0, max: 1, alpha: 0.05 });
 * for (let user = 0; user < 400; user += 1) means.add(user % 4 === 0 ? 0.2 : 0.9);
 * const { lower, estimate, upper } = means.interval;
 * console.log(lower.toFixed(3), estimate.toFixed(3), upper.toFixed(3)); // 0.672 0.725 0.772
 * ```
 */
export class BoundedMeanInterval {
  readonly #options: BoundedMeanIntervalOptions;
  /** Tested means, scaled to 0 to 1. */
  readonly #means: Float64Array;
  readonly #logAbove: Float64Array;
  readonly #logBelow: Float64Array;
  #bets: Bets;

  constructor(options: BoundedMeanIntervalOptions) {
    checkOptions('BoundedMeanInterval', options, {
      min: 'required',
      max: 'required',
      alpha: 'required',
      points: 'optional',
    });
    const { alpha, points = 401 } = options;
    checkLimits('BoundedMeanInterval', options);
    checkNumber('BoundedMeanInterval: alpha', alpha, Number.MIN_VALUE, 1 - Number.EPSILON);
    checkInteger('BoundedMeanInterval: points', points, 3, 100_000);
    this.#options = { ...options };
    this.#means = Float64Array.from({ length: points }, (_, index) => index / (points - 1));
    this.#logAbove = new Float64Array(points);
    this.#logBelow = new Float64Array(points);
    this.#bets = new Bets(alpha);
  }

  /** Interval now, and the mean of the outcomes; from `min` to `max` without outcomes. */
  get interval(): MeanInterval {
    const { min, max } = this.#options;
    const [first, last] = this.#remaining();
    // One point further on each side, since a mean between two points may remain.
    const lower = this.#means[Math.max(first - 1, 0)] ?? 0;
    const upper = this.#means[Math.min(last + 1, this.#means.length - 1)] ?? 1;
    return {
      lower: min + lower * (max - min),
      estimate: min + this.#bets.mean * (max - min),
      upper: min + upper * (max - min),
    };
  }

  /**
   * Adds the next outcome.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for an outcome beyond the limits
   */
  add(outcome: number): void {
    checkOutcome('BoundedMeanInterval', outcome, this.#options);
    const { min, max } = this.#options;
    const scaled = (outcome - min) / (max - min);
    const bet = this.#bets.next(scaled);
    for (const [index, mean] of this.#means.entries()) {
      this.#logAbove[index] = (this.#logAbove[index] ?? 0) + logGainAbove(bet, scaled, mean);
      this.#logBelow[index] = (this.#logBelow[index] ?? 0) + logGainBelow(bet, scaled, mean);
    }
  }

  /** Returns the stored form. */
  toDocument(): BoundedMeanIntervalDocument {
    return {
      options: this.#options,
      ...this.#bets.toDocument(),
      logAbove: [...this.#logAbove],
      logBelow: [...this.#logBelow],
    };
  }

  /**
   * Reads a stored form.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for another value
   */
  static fromDocument(document: BoundedMeanIntervalDocument): BoundedMeanInterval {
    const path = 'BoundedMeanInterval: document';
    const { options, logAbove, logBelow, ...bets } = Object(
      document,
    ) as BoundedMeanIntervalDocument;
    const means = new BoundedMeanInterval(options);
    means.#bets = Bets.fromDocument(bets, options.alpha, path);
    for (const [name, from, to] of [
      ['logAbove', logAbove, means.#logAbove],
      ['logBelow', logBelow, means.#logBelow],
    ] as const) {
      if (!Array.isArray(from) || from.length !== to.length || !from.every(Number.isFinite)) {
        throw invalidOption(`${path}.${name} must be an array of ${to.length} finite numbers.`);
      }
      to.set(from);
    }
    return means;
  }

  /** Returns the indexes of the first and the last mean against which the capital is below 1 / alpha. */
  #remaining(): readonly [number, number] {
    // Half of the capital is bet on each side.
    const limit = Math.LN2 - Math.log(this.#options.alpha);
    const larger = this.#logAbove.map((above, index) =>
      Math.max(above, this.#logBelow[index] ?? 0),
    );
    const remains = (log: number): boolean => log < limit;
    const first = larger.findIndex(remains);
    if (first !== -1) return [first, larger.findLastIndex(remains)];
    // The remaining means are between two points, next to the one with the smallest capital.
    const smallest = larger.indexOf(larger.reduce((min, log) => Math.min(min, log)));
    return [smallest, smallest];
  }
}
