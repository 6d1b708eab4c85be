import { BinCounter } from '../bins/bin-counter.ts';
import type { Bins } from '../bins/bins.ts';
import type { FeatureBaseline } from '../bins/feature-baseline.ts';
import { binsOfSorted } from '../bins/numeric-bins.ts';
import { roundBins } from '../bins/round-bins.ts';
import { roundToDatatype } from '../columns/round-to-datatype.ts';
import type { WatchedColumn } from '../columns/watched-column.ts';

/** Numbers of one column of a training table. */
export class NumberColumn {
  readonly #column: WatchedColumn;
  #values = new Float64Array(256);

  constructor(column: WatchedColumn) {
    this.#column = column;
  }

  /** Stores the number of a row; NaN is missing. */
  set(row: number, value: number): void {
    if (row >= this.#values.length) {
      const values = new Float64Array(Math.max(row + 1, this.#values.length * 2));
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[row] = roundToDatatype(value, this.#column.datatype);
  }

  get(row: number): number {
    return this.#values[row] ?? NaN;
  }

  /** Summarizes the first `rows` rows. */
  baseline(rows: number): FeatureBaseline {
    const values = this.#values.subarray(0, rows);
    const numbers = values.filter(Number.isFinite).sort();
    const bins = this.#bins(numbers);
    const counter = new BinCounter(bins);
    counter.addNumbers(values, rows);
    return { ...this.#column, bins, counts: counter.counts(), ...moments(numbers) };
  }

  /** Bins whose edges are numbers of the datatype, as a stored baseline has them. */
  #bins(sorted: Float64Array): Bins {
    const round = (value: number): number => roundToDatatype(value, this.#column.datatype);
    const bins = roundBins(binsOfSorted(sorted), round);
    return bins.kind === 'edges' ? { kind: 'edges', edges: ascending(bins.edges) } : bins;
  }
}

/** Returns numbers without those that aren't above the one before. */
function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.filter((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
}

function moments(
  numbers: Float64Array,
): Partial<Pick<FeatureBaseline, 'mean' | 'standardDeviation'>> {
  if (numbers.length === 0) return {};
  // Scaled, so that squares of large numbers don't overflow.
  const scale = Math.max(Math.abs(numbers[0] ?? 0), Math.abs(numbers.at(-1) ?? 0)) || 1;
  let sum = 0;
  for (const number of numbers) sum += number / scale;
  const mean = sum / numbers.length;
  let squares = 0;
  for (const number of numbers) squares += (number / scale - mean) ** 2;
  return {
    mean: mean * scale,
    standardDeviation: Math.sqrt(squares / numbers.length) * scale,
  };
}
