/** Rows of a request that are counted; the memory is used again for the next request. */
export class RowSelection {
  #rows = new Uint32Array(64);
  #length = 0;
  #weight = 1;

  /** Indexes of the rows, ascending; those from `length` on have no meaning. */
  get rows(): Uint32Array {
    return this.#rows;
  }

  /** Number of counted rows. */
  get length(): number {
    return this.#length;
  }

  /** Rows that each counted row stands for. */
  get weight(): number {
    return this.#weight;
  }

  /**
   * Chooses one of every `step` rows at random: independent of patterns in the order of the rows.
   *
   * @param total - rows of the request
   */
  choose(total: number, step: number, random: () => number): void {
    this.#weight = step;
    this.#length = 0;
    const most = Math.ceil(total / step);
    if (most > this.#rows.length) this.#rows = new Uint32Array(most * 2);
    for (let block = 0; block < total; block += step) {
      const row = step === 1 ? block : block + Math.floor(random() * step);
      if (row < total) this.#rows[this.#length++] = row;
    }
  }
}
