/** Cells for each limit: with fewer, more values share a cell with several limits. */
const CELLS_PER_LIMIT = 4;

/**
 * Finds the last of ascending limits that is at most a value, by a table of equal cells between the first limit and the last: a
 * binary search is left only among the limits of the value's cell, mostly one or none. The branches of a search among all of
 * them can't be predicted, and were most of the time of a record.
 */
export class LimitIndex {
  readonly #limits: Float64Array;
  readonly #first: number;
  readonly #scale: number;
  readonly #cells: number;
  /** By cell, the last limit in a cell before it; 0 where there is none. One element more than there are cells. */
  readonly #before: Uint16Array;

  /** @param limits - finite and ascending, at most 65,536 */
  constructor(limits: Float64Array) {
    this.#limits = limits;
    this.#first = limits[0] ?? 0;
    this.#cells = CELLS_PER_LIMIT * limits.length;
    this.#scale = this.#cells / ((limits.at(-1) ?? 0) - this.#first);
    this.#before = new Uint16Array(this.#cells + 1);
    for (const [index, limit] of limits.entries()) this.#before[this.#cellOf(limit) + 1] = index;
    for (let cell = 1; cell <= this.#cells; cell += 1) {
      const before = this.#before[cell - 1] ?? 0;
      if ((this.#before[cell] ?? 0) < before) this.#before[cell] = before;
    }
  }

  /** Returns the index of the last limit that is not larger than `value`, which must be from the first limit to the last. */
  lastAtMost(value: number): number {
    const cell = this.#cellOf(value);
    let low = this.#before[cell] ?? 0;
    let high = (this.#before[cell + 1] ?? 0) + 1;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#limits[middle] ?? Infinity) <= value) low = middle;
      else high = middle;
    }
    return low;
  }

  /**
   * Cell of a value. It never decreases from a value to a larger one, since each step is rounded to the nearest number: so the
   * limits of earlier cells are smaller. Where the width overflows, or underflows, each value is in the first cell.
   */
  #cellOf(value: number): number {
    const cell = ((value - this.#first) * this.#scale) | 0;
    return cell < this.#cells ? cell : this.#cells - 1;
  }
}
