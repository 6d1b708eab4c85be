/** A label without a row. */
const NO_ROW = -1;

/** Rows of requests that labels name, to find repeated ones; it remembers up to a number of labels. */
export class RowsOfRequests {
  readonly #rows = new Map<string, number | Set<number>>();
  readonly #max: number;
  #size = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Adds a label: `repeated` for one of the same request and row as an earlier one, `ambiguous` if one of several labels of a
   * request has no row.
   */
  add(requestId: string, row = NO_ROW): 'new' | 'repeated' | 'ambiguous' {
    const known = this.#rows.get(requestId);
    if (known === undefined) {
      if (this.#size < this.#max) this.#rows.set(requestId, row);
      this.#size += 1;
      return 'new';
    }
    if (row === NO_ROW || known === NO_ROW) return 'ambiguous';
    if (known === row) return 'repeated';
    const rows = typeof known === 'number' ? new Set([known]) : known;
    if (rows.has(row)) return 'repeated';
    if (this.#size < this.#max) this.#rows.set(requestId, rows.add(row));
    this.#size += 1;
    return 'new';
  }
}
