import { describeValue } from '@fairlead/signature';
import { checkInteger, checkNumber, checkOptions, invalidOption } from '../check-options.ts';
import { checkLimits, checkOutcome, type OutcomeLimits } from './outcome-limits.ts';

/** Options of {@link PseudoOutcomes}. */
export interface PseudoOutcomesOptions extends OutcomeLimits {
  /**
   * Smallest share that a variant has at any time, above 0, and at most 0.5: in a ramp from 10 %, 0.1. The smaller it is, the further a single outcome may be from the mean,
   * and the more users a test needs.
   */
  readonly minShare: number;
}

/** Outcome of a user, and the split at the time of the assignment. */
export interface AssignedOutcome {
  readonly variant: 'candidate' | 'baseline';
  readonly outcome: number;
  /** Share of the candidate when the user was assigned. */
  readonly share: number;
}

/** Stored form of {@link PseudoOutcomes}. */
export interface PseudoOutcomesDocument {
  readonly options: PseudoOutcomesOptions;
  readonly rows: number;
  readonly sum: number;
}

/**
 * Converts outcomes of two variants to numbers whose mean is the difference of both means, candidate minus baseline, so that a {@link BoundedMeanTest} tests it.
 *
 * The distance of each outcome to the mean of those before is divided by the share of its variant (inverse propensity weighting). So ramps and daily cycles don't mislead. All
 * assigned users must be added, in the order of their outcomes, those without one with the outcome 0.
 *
 * Source: I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024), on adaptive experiments; the same values as the package ville.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for limits in the wrong order, and a share above 0.5
 *
 * @example
 * ```ts
 * import { BoundedMeanTest, PseudoOutcomes } from '@fairlead/rollout';
 *
 * const differences = new PseudoOutcomes({ min: 0, max: 1, minShare: 0.5 });
 * const test = new BoundedMeanTest({ ...differences.limits, above: 0, alpha: 0.05 });
 * for (let user = 0; user < 400; user += 1) {
 *   const variant = user % 2 === 0 ? 'candidate' : 'baseline';
 *   const outcome = variant === 'candidate' || user % 3 === 0 ? 1 : 0;
 *   test.add(differences.add({ variant, outcome, share: 0.5 }));
 * }
 * console.log(differences.limits, test.maxLogEvidence > Math.log(1 / 0.05)); // { min: -2, max: 2 } true
 * ```
 */
export class PseudoOutcomes {
  /** Limits of the numbers that `add` returns. */
  readonly limits: OutcomeLimits;
  readonly #options: PseudoOutcomesOptions;
  #rows = 0;
  #sum = 0;

  constructor(options: PseudoOutcomesOptions) {
    checkOptions('PseudoOutcomes', options, {
      min: 'required',
      max: 'required',
      minShare: 'required',
    });
    checkLimits('PseudoOutcomes', options);
    const { min, max, minShare } = options;
    checkNumber('PseudoOutcomes: minShare', minShare, 1e-6, 0.5);
    this.#options = { ...options };
    const reach = (max - min) / minShare;
    this.limits = { min: -reach, max: reach };
  }

  /**
   * Adds the outcome of a user, and returns the number whose mean is the difference.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for an outcome beyond the limits, and a share that is nearer to 0 or 1 than `minShare`
   */
  add({ variant, outcome, share }: AssignedOutcome): number {
    const { min, max, minShare } = this.#options;
    checkOutcome('PseudoOutcomes', outcome, this.#options);
    checkNumber('PseudoOutcomes: share', share, minShare, 1 - minShare);
    if (!['candidate', 'baseline'].includes(variant)) {
      throw invalidOption(
        `PseudoOutcomes: variant must be "candidate" or "baseline", got ${describeValue(variant)}.`,
      );
    }
    // A mean of equal outcomes may be beyond the limits by a rounding error.
    const mean = Math.min(max, Math.max(min, this.#sum / this.#rows));
    const distance = outcome - (this.#rows === 0 ? (min + max) / 2 : mean);
    this.#rows += 1;
    this.#sum += outcome;
    // 1 − 0.9 is a bit less than a smallest share of 0.1.
    return variant === 'candidate' ? distance / share : -distance / Math.max(1 - share, minShare);
  }

  /** Returns the stored form. */
  toDocument(): PseudoOutcomesDocument {
    return { options: this.#options, rows: this.#rows, sum: this.#sum };
  }

  /**
   * Reads a stored form.
   *
   * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for another value
   */
  static fromDocument(document: PseudoOutcomesDocument): PseudoOutcomes {
    const { options, rows, sum } = Object(document) as PseudoOutcomesDocument;
    const differences = new PseudoOutcomes(options);
    const path = 'PseudoOutcomes: document';
    const limit = Number.MAX_VALUE;
    differences.#rows = checkInteger(`${path}.rows`, rows, 0, Number.MAX_SAFE_INTEGER);
    differences.#sum = checkNumber(`${path}.sum`, sum, -limit, limit);
    return differences;
  }
}
