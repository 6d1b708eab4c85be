import { BinCounter } from '../bins/bin-counter.ts';
import type { FeatureBaseline } from '../bins/feature-baseline.ts';
import type { WatchedColumn } from '../columns/watched-column.ts';
import { MAX_TEXT_LENGTH } from '../document/document-checks.ts';

/** Further texts of a column count as other: such a column holds identifiers, not categories. */
const MAX_DISTINCT = 100_000;
const MISSING = -1;
const OTHER = -2;

/** Texts of one column of a training table, or its booleans as `false` and `true`. */
export class TextColumn {
  readonly #column: WatchedColumn;
  readonly #maxCategories: number;
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];
  #rows = new Int32Array(256);

  constructor(column: WatchedColumn, maxCategories: number) {
    this.#column = column;
    this.#maxCategories = maxCategories;
  }

  /** Stores the text of a row. */
  set(row: number, text: string | null): void {
    if (row >= this.#rows.length) {
      const rows = new Int32Array(Math.max(row + 1, this.#rows.length * 2));
      rows.set(this.#rows);
      this.#rows = rows;
    }
    this.#rows[row] = text === null ? MISSING : this.#idOf(text);
  }

  /** Text of a row; undefined if it is missing or one of too many. */
  get(row: number): string | undefined {
    return this.#texts[this.#rows[row] ?? MISSING];
  }

  /** Summarizes the first `rows` rows. */
  baseline(rows: number): FeatureBaseline {
    const ids = this.#rows.subarray(0, rows);
    const categories = this.#column.datatype === 'BOOL' ? ['false', 'true'] : this.#frequent(ids);
    const bins = { kind: 'categories', categories } as const;
    const counter = new BinCounter(bins);
    for (const id of ids) {
      const text = this.#texts[id];
      if (id === MISSING) counter.addMissing();
      else if (text === undefined) counter.addOther();
      else counter.addText(text);
    }
    return { ...this.#column, bins, counts: counter.counts() };
  }

  #idOf(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (text.length > MAX_TEXT_LENGTH || this.#texts.length >= MAX_DISTINCT) return OTHER;
    this.#ids.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  /** The most frequent texts; of equal counts, the first by its characters. */
  #frequent(ids: Int32Array): string[] {
    const counts = new Float64Array(this.#texts.length);
    for (const id of ids) if (id >= 0) counts[id] = (counts[id] ?? 0) + 1;
    return this.#texts
      .map((text, id) => ({ text, count: counts[id] ?? 0 }))
      .filter(({ count }) => count > 0)
      .sort((left, right) => right.count - left.count || (left.text < right.text ? -1 : 1))
      .slice(0, this.#maxCategories)
      .map(({ text }) => text);
  }
}
