/** Largest weight of a row: squares of weights then add up without rounding. */
const MAX_STEP = 4096;

/** Limits of a {@link RowSampler}. */
export interface SamplerLimits {
  /** Values that are counted in a second of lasting load, on average. */
  readonly perSecond: number;
  /** Values that are counted beyond that after a time with less load. */
  readonly atOnce: number;
}

/**
 * Decides which share of rows is counted: all of them up to a number of values, and of a load that lasts as many values a second as the
 * limit allows.
 *
 * Every row of a request has the same chance, and the chance doesn't depend on its values: with weights that are the inverse of
 * the chance, counts are unbiased.
 */
export class RowSampler {
  readonly #limits: SamplerLimits;
  /** Values that may be counted now, on average. */
  #left: number;
  #refilledAt = -Infinity;

  constructor(limits: SamplerLimits) {
    this.#limits = limits;
    this.#left = limits.atOnce;
  }

  /**
   * Returns the step between counted rows of a request, a power of two: 1 for every row.
   *
   * @param values - of all rows of the request
   * @param at - time in milliseconds
   */
  step(values: number, at: number): number {
    const { atOnce } = this.#limits;
    this.#refill(at);
    let step = 1;
    // Thinned out gradually: each halving of what is left doubles the step.
    for (let half = atOnce / 2; this.#left < half && step < MAX_STEP; half /= 2) step *= 2;
    // A request of many rows takes half of what is left at most.
    while (values / step > this.#left / 2 && step < MAX_STEP) step *= 2;
    this.#left = Math.max(0, this.#left - values / step);
    return step;
  }

  /** A clock that was set back refills nothing until it has advanced again. */
  #refill(at: number): void {
    const { perSecond, atOnce } = this.#limits;
    const elapsedMs = at - this.#refilledAt;
    this.#refilledAt = at;
    if (elapsedMs > 0) this.#left = Math.min(atOnce, this.#left + (elapsedMs * perSecond) / 1000);
  }
}
