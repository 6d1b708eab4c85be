/** Largest weight of a row: squares of weights then add up without rounding. */
const MAX_STEP = 4096;

/**
 * Decides which share of rows is counted, so that at most a number of values a second is.
 *
 * Every row of a request has the same chance, and the chance doesn't depend on its values: with weights that are the inverse of
 * the chance, counts are unbiased.
 */
export class RowSampler {
  readonly #maxValues: number;
  #second = -1;
  /** Values of the requests of this second. */
  #offered = 0;
  /** Values that were counted in this second, on average. */
  #counted = 0;
  /** Step that the load of the last second needs. */
  #baseStep = 1;

  constructor(maxValuesPerSecond: number) {
    this.#maxValues = maxValuesPerSecond;
  }

  /**
   * Returns the step between counted rows of a request, a power of two: 1 for every row.
   *
   * @param values - of all rows of the request
   * @param at - time in milliseconds
   */
  step(values: number, at: number): number {
    const second = Math.floor(at / 1000);
    if (second !== this.#second) {
      this.#baseStep = second === this.#second + 1 ? this.#stepFor(this.#offered) : 1;
      this.#second = second;
      this.#offered = 0;
      this.#counted = 0;
    }
    this.#offered += values;
    let step = this.#baseStep;
    const left = Math.max(0, this.#maxValues - this.#counted);
    // A burst is thinned out gradually: each halving of what is left doubles the step.
    for (let half = this.#maxValues / 2; left < half && step < MAX_STEP; half /= 2) step *= 2;
    // A request of many rows takes half of what is left at most.
    while (values / step > left / 2 && step < MAX_STEP) step *= 2;
    this.#counted += values / step;
    return step;
  }

  #stepFor(values: number): number {
    let step = 1;
    while (values / step > this.#maxValues / 2 && step < MAX_STEP) step *= 2;
    return step;
  }
}
