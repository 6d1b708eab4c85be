import { checkInteger, checkNumber } from '../check-options.ts';

/** Stored form of {@link Bets}. */
export interface BetsDocument {
  /** Outcomes so far. */
  readonly rows: number;
  /** Sum of the outcomes, each scaled to 0 to 1. */
  readonly sum: number;
  /** Sum of the squared distance of each to the mean at that time. */
  readonly deviations: number;
}

/** Part of the capital that a single outcome may cost. */
const MAX_LOSS = 0.5;

/**
 * Sizes of bets on outcomes from 0 to 1. Each depends on the outcomes before, and on no later one.
 *
 * Source: I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024), the predictable plug-in bets of the hedged capital process,
 * which begin with a mean of 1/2 and a variance of 1/4.
 */
export class Bets {
  readonly #scale: number;
  #rows = 0;
  #sum = 0;
  #deviations = 0;

  constructor(alpha: number) {
    this.#scale = 2 * Math.log(2 / alpha);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Mean of the outcomes so far, 1/2 without any. */
  get mean(): number {
    return this.#rows === 0 ? 0.5 : this.#sum / this.#rows;
  }

  /** Returns the bet on an outcome, which doesn't depend on it, and adds the outcome. */
  next(outcome: number): number {
    const variance = (0.25 + this.#deviations) / (this.#rows + 1);
    this.#rows += 1;
    this.#sum += outcome;
    this.#deviations += (outcome - (0.5 + this.#sum) / (this.#rows + 1)) ** 2;
    return Math.sqrt(this.#scale / (variance * this.#rows * Math.log1p(this.#rows)));
  }

  toDocument(): BetsDocument {
    return { rows: this.#rows, sum: this.#sum, deviations: this.#deviations };
  }

  /** @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for another value */
  static fromDocument(document: BetsDocument, alpha: number, path: string): Bets {
    const bets = new Bets(alpha);
    const { rows, sum, deviations } = document;
    bets.#rows = checkInteger(`${path}.rows`, rows, 0, Number.MAX_SAFE_INTEGER);
    bets.#sum = checkNumber(`${path}.sum`, sum, 0, rows * (1 + 1e-9));
    bets.#deviations = checkNumber(`${path}.deviations`, deviations, 0, rows);
    return bets;
  }
}

/** Logarithm of the factor by which an outcome multiplies the capital that was bet on a mean above `mean`. */
export function logGainAbove(bet: number, outcome: number, mean: number): number {
  return Math.log1p(Math.min(bet, MAX_LOSS / mean) * (outcome - mean));
}

/** Logarithm of the factor by which an outcome multiplies the capital that was bet on a mean below `mean`. */
export function logGainBelow(bet: number, outcome: number, mean: number): number {
  return Math.log1p(Math.min(bet, MAX_LOSS / (1 - mean)) * (mean - outcome));
}
