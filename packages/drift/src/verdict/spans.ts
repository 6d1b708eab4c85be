import { emptyCounts, mergeCounts, type BinCounts, type FeatureBaseline } from '@fairlead/windows';
import { DriftError } from '../drift-error.ts';
import type { Sample } from '../rules/sample.ts';
import type { DriftWindow, WindowRows } from './drift-window.ts';

/** Counts of one feature in a span of time. */
export interface Span extends Sample {
  /** Begin and end in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Windows that begin in the same hour, or span of another length. */
export interface WindowGroup {
  readonly from: number;
  readonly to: number;
  readonly precision: number;
  readonly features: ReadonlyMap<string, readonly BinCounts[]>;
  readonly outputs: ReadonlyMap<string, readonly BinCounts[]>;
}

/** Groups windows by the span of `windowMs` in which they begin, in ascending order. */
export function groupWindows(
  windows: readonly DriftWindow[],
  windowMs: number,
): readonly WindowGroup[] {
  const groups = Map.groupBy(windows, ({ from }) => Math.floor(from / windowMs));
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([, group]) => ({
      from: group.reduce((first, { from }) => Math.min(first, from), Infinity),
      to: group.reduce((last, { to }) => Math.max(last, to), -Infinity),
      precision: precisionOf(group.flatMap(({ sample }) => sample ?? [])),
      features: byName(group.flatMap(({ features }) => features)),
      outputs: byName(group.flatMap(({ outputs }) => outputs ?? [])),
    }));
}

function byName(columns: DriftWindow['features']): ReadonlyMap<string, readonly BinCounts[]> {
  const byColumn = Map.groupBy(columns, ({ name }) => name);
  return new Map([...byColumn].map(([name, list]) => [name, list.map(({ counts }) => counts)]));
}

/** Counts of a feature or output in each group of windows. */
export function spansOf(
  groups: readonly WindowGroup[],
  baseline: FeatureBaseline,
  role: 'features' | 'outputs',
): readonly Span[] {
  return groups.map(({ from, to, precision, ...columns }) => {
    const list = columns[role].get(baseline.name) ?? [emptyCounts(baseline.bins)];
    for (const counts of list) checkBins(baseline, counts);
    return { from, to, precision, counts: mergeCounts(list) };
  });
}

/** Merges spans with the following ones until each has `min` values; a last one with fewer is left out. */
export function mergeSmallSpans(
  spans: readonly Span[],
  min: number,
  sizeOf: (counts: BinCounts) => number,
): readonly Span[] {
  const merged: Span[] = [];
  let open: Span | undefined;
  for (const span of spans) {
    open = open === undefined ? span : joinSpans(open, span, sizeOf);
    if (sizeOf(open.counts) * open.precision < min) continue;
    merged.push(open);
    open = undefined;
  }
  return merged;
}

/** Adds two spans; the precision is that of all values. */
export function joinSpans(first: Span, second: Span, sizeOf: (counts: BinCounts) => number): Span {
  const [a, b] = [sizeOf(first.counts), sizeOf(second.counts)];
  // Kish: (Σw)² / Σw², with Σw² = Σw / precision of each span.
  const squares = a / first.precision + b / second.precision;
  return {
    from: Math.min(first.from, second.from),
    to: Math.max(first.to, second.to),
    counts: mergeCounts([first.counts, second.counts]),
    precision: squares === 0 ? 1 : (a + b) / squares,
  };
}

function precisionOf(samples: readonly WindowRows[]): number {
  let [weight, squaredWeight] = [0, 0];
  for (const sample of samples) {
    weight += sample.weight;
    squaredWeight += sample.squaredWeight;
  }
  return squaredWeight === 0 ? 1 : Math.min(1, weight / squaredWeight);
}

function checkBins({ name, counts: expected }: FeatureBaseline, counts: BinCounts): void {
  if (counts.counts.length === expected.counts.length) return;
  throw new DriftError(
    'ERR_DRIFT_INCOMPATIBLE',
    `judgeDrift: a window has ${counts.counts.length} bins for ${JSON.stringify(name)}, the baseline ${expected.counts.length}. Compare windows with the baseline of their version.`,
  );
}
