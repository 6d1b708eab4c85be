import {
  BinCounter,
  countedValues,
  numericBins,
  roundSum,
  type BinCounts,
  type Bins,
  type FeatureBaseline,
} from '@fairlead/windows';
import type { DriftWindow } from '@fairlead/drift';

/** Counts numbers; NaN is missing. */
export function countNumbers(bins: Bins, values: Iterable<number>): BinCounts {
  const counter = new BinCounter(bins);
  for (const value of values) counter.addNumber(value);
  return counter.counts();
}

/** Counts texts; null is missing. */
export function countTexts(bins: Bins, values: readonly (string | null)[]): BinCounts {
  const counter = new BinCounter(bins);
  for (const value of values) {
    if (value === null) counter.addMissing();
    else counter.addText(value);
  }
  return counter.counts();
}

const column = { tensor: 'x', index: 0, datatype: 'FP64' } as const;

/** Baseline of a column of numbers; NaN is missing. */
export function numberBaseline(name: string, values: readonly number[]): FeatureBaseline {
  const finite = values.filter(Number.isFinite);
  const bins = numericBins(finite);
  const counts = countNumbers(bins, values);
  const mean = roundSum(counts.sum) / countedValues(counts);
  const squares = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardDeviation = Math.sqrt(squares / finite.length);
  return { name, ...column, bins, counts, mean, standardDeviation };
}

/** Baseline of a column of texts, with the given categories; null is missing. */
export function textBaseline(
  name: string,
  values: readonly (string | null)[],
  categories: readonly string[] = [...new Set(values.filter((value) => value !== null))],
): FeatureBaseline {
  const bins = { kind: 'categories', categories } as const;
  return { name, ...column, datatype: 'BYTES', bins, counts: countTexts(bins, values) };
}

export const HOUR_MS = 3_600_000;

/** Window of an hour. */
export function hourOf(
  index: number,
  counts: Readonly<Record<string, BinCounts>>,
  outputs: Readonly<Record<string, BinCounts>> = {},
): DriftWindow {
  const listOf = (columns: Readonly<Record<string, BinCounts>>): DriftWindow['features'] =>
    Object.entries(columns).map(([name, each]) => ({ name, counts: each }));
  return {
    from: index * HOUR_MS,
    to: (index + 1) * HOUR_MS,
    features: listOf(counts),
    outputs: listOf(outputs),
  };
}
