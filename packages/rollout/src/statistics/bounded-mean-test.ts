import { describeValue } from '@fairlead/signature';
import { checkNumber, checkOptions, invalidOption } from '../check-options.ts';
import { Bets, logGainAbove, logGainBelow, type BetsDocument } from './bets.ts';
import { checkLimits, checkOutcome, type OutcomeLimits } from './outcome-limits.ts';

/** Options of a {@link BoundedMeanTest}; give one of `above`, `below` and `not`. */
export interface BoundedMeanTestOptions extends OutcomeLimits {
  /** Probability of a false alarm, above 0 and below 1. Bets are sized to reach an evidence of `log(1 / alpha)` soon. */
  readonly alpha: number;
  /** Evidence that the mean is above this value, between `min` and `max`. */
  readonly above?: number | undefined;
  /** Evidence that the mean is below this value. */
  readonly below?: number | undefined;
  /** Evidence that the mean is another value. */
  readonly not?: number | undefined;
}

/** Stored form of a {@link BoundedMeanTest}. */
export interface BoundedMeanTestDocument extends BetsDocument {
  readonly options: BoundedMeanTestOptions;
  /** Logarithm of the capital that was bet on a larger mean. */
  readonly logAbove: number;
  /** Logarithm of the capital that was bet on a smaller mean. */
  readonly logBelow: number;
  readonly maxLogEvidence: number;
}

/**
 * Tests the mean of outcomes with known limits, one after another: an e-value that is valid at every look and for each number of outcomes, without the normal distribution.
 *
 * It bets on each outcome. The capital is the evidence: without the effect it doesn't grow, and ever exceeds `1 / alpha` with a probability of `alpha` at most. Outcomes
 * must be added in the order in which they came, one per user; their distribution may change with time if their mean, given those before, stays within the hypothesis.
 *
 * Source: I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024). A two-sided test has the mean of the capital of both bets,
 * as in the package ville; confseq takes the larger one, which is never more.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for limits in the wrong order, and a tested mean that isn't between them
 *
 * @example
 * ```ts
 * import { BoundedMeanTest } from '@fairlead/rollout';
 *
 * const test = new BoundedMeanTest({ min: 0, max: 1, above: 0.5, alpha: 0.05 });
 * for (let user = 0; user < 40; user += 1) test.add(user % 4 === 0 ? 0.2 : 0.9);
 * console.log(test.logEvidence > Math.log(1 / 0.05), test.pValue.toFixed(4)); // true 0.0022
 *
 * const restored = BoundedMeanTest.fromDocument(JSON.parse(JSON.stringify(test.toDocument())));
 * console.log(restored.logEvidence === test.logEvidence); // true
 * ```
 */
export class BoundedMeanTest {
  readonly #options: BoundedMeanTestOptions;
  /** Tested mean, scaled to 0 to 1. */
  readonly #mean: number;
  #bets: Bets;
  #logAbove = 0;
  #logBelow = 0;
  #maxLogEvidence = 0;

  constructor(options: BoundedMeanTestOptions) {
    checkOptions('BoundedMeanTest', options, {
      min: 'required',
      max: 'required',
      alpha: 'required',
      above: 'optional',
      below: 'optional',
      not: 'optional',
    });
    const { min, max, alpha, above, below, not } = options;
    checkLimits('BoundedMeanTest', options);
    checkNumber('BoundedMeanTest: alpha', alpha, Number.MIN_VALUE, 1 - Number.EPSILON);
    const given = [above, below, not].filter((each) => each !== undefined);
    const [mean] = given;
    if (given.length !== 1 || mean === undefined) {
      throw invalidOption(
        'BoundedMeanTest: give one of above, below and not, such as { above: 0.5 }.',
      );
    }
    if (!(mean > min && mean < max)) {
      throw invalidOption(
        `BoundedMeanTest: the tested mean must be between ${min} and ${max}, got ${describeValue(mean)}.`,
      );
    }
    this.#options = { ...options };
    this.#mean = (mean - min) / (max - min);
    this.#bets = new Bets(alpha);
  }

  /** Natural logarithm of the evidence now, which may be less than before; 0 without outcomes. */
  get logEvidence(): number {
    if (this.#options.above !== undefined) return this.#logAbove;
    if (this.#options.below !== undefined) return this.#logBelow;
    const larger = Math.max(this.#logAbove, this.#logBelow);
    const smaller = Math.min(this.#logAbove, this.#logBelow);
    return larger + Math.log1p(Math.exp(smaller - larger)) - Math.LN2;
  }

  /** Largest evidence so far, which decides: a test that reached `log(1 / alpha)` may stop at any later time. */
  get maxLogEvidence(): number {
    return this.#maxLogEvidence;
  }

  /** P-value that is valid at every look. */
  get pValue(): number {
    return Math.exp(-this.#maxLogEvidence);
  }

  /**
   * Adds the next outcome.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for an outcome beyond the limits
   */
  add(outcome: number): void {
    checkOutcome('BoundedMeanTest', outcome, this.#options);
    const { min, max } = this.#options;
    const scaled = (outcome - min) / (max - min);
    const bet = this.#bets.next(scaled);
    this.#logAbove += logGainAbove(bet, scaled, this.#mean);
    this.#logBelow += logGainBelow(bet, scaled, this.#mean);
    this.#maxLogEvidence = Math.max(this.#maxLogEvidence, this.logEvidence);
  }

  /** Returns the stored form, which has a few numbers however many outcomes there were. */
  toDocument(): BoundedMeanTestDocument {
    return {
      options: this.#options,
      ...this.#bets.toDocument(),
      logAbove: this.#logAbove,
      logBelow: this.#logBelow,
      maxLogEvidence: this.#maxLogEvidence,
    };
  }

  /**
   * Reads a stored form.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for another value
   */
  static fromDocument(document: BoundedMeanTestDocument): BoundedMeanTest {
    const path = 'BoundedMeanTest: document';
    const { options, logAbove, logBelow, maxLogEvidence, ...bets } = Object(
      document,
    ) as BoundedMeanTestDocument;
    const test = new BoundedMeanTest(options);
    test.#bets = Bets.fromDocument(bets, options.alpha, path);
    const limit = Number.MAX_VALUE;
    test.#logAbove = checkNumber(`${path}.logAbove`, logAbove, -limit, limit);
    test.#logBelow = checkNumber(`${path}.logBelow`, logBelow, -limit, limit);
    test.#maxLogEvidence = checkNumber(`${path}.maxLogEvidence`, maxLogEvidence, 0, limit);
    return test;
  }
}
