import { chiSquareTest } from '../statistics/chi-square.ts';
import { kolmogorovSmirnov } from '../statistics/kolmogorov-smirnov.ts';
import { chiSquareSf } from '../statistics/special-functions.ts';
import { wasserstein } from '../statistics/wasserstein.ts';
import {
  countDistinct,
  presentNumbers,
  presentValues,
  type ColumnSamples,
  type ColumnValue,
} from './column-samples.ts';
import { histogram, histogramEdges, linearEdges, pairwiseSum } from './numpy.ts';

/** Value of a method for a chunk, and whether a probability alerts. */
export interface MethodValue {
  readonly value: number;
  /** Set for chi-square only. */
  readonly p?: number;
}

type Measure = (chunk: readonly ColumnValue[]) => MethodValue;
type Values = readonly ColumnValue[];
type Kind = ColumnSamples['kind'];

/** Rows of the reference data from which on distances are approximated from bins. */
const MIN_BINNED = 10_000;
const BINS = 10_000;

/** Name of a method of NannyML. */
export type NannymlMethod =
  'kolmogorov_smirnov' | 'wasserstein' | 'jensen_shannon' | 'hellinger' | 'chi2' | 'l_infinity';

/** Methods of NannyML: each prepares the reference data once. */
export const nannymlMethods: Readonly<
  Record<NannymlMethod, (reference: Values, kind: Kind) => Measure>
> = {
  kolmogorov_smirnov: (reference) => {
    const values = presentNumbers(reference);
    const binned = values.length < MIN_BINNED ? undefined : binnedCumulative(values);
    return (chunk) => {
      const current = presentNumbers(chunk);
      if (!binned) return { value: kolmogorovSmirnov(values, current).statistic };
      const first = binned.edges[0] ?? NaN;
      const below = current.filter((value) => value < first).length / current.length;
      const shares = cumulative(histogram(current, binned.edges), current.length);
      return {
        value: shares.reduce(
          (most, share, bin) =>
            Math.max(most, Math.abs((binned.shares[bin] ?? 0) - (below + share))),
          0,
        ),
      };
    };
  },
  wasserstein: (reference) => {
    const values = presentNumbers(reference);
    const binned = values.length < MIN_BINNED ? undefined : binnedCumulative(values);
    return (chunk) => {
      const current = presentNumbers(chunk);
      return { value: binned ? binnedWasserstein(binned, current) : wasserstein(values, current) };
    };
  },
  jensen_shannon: (reference, kind) => withLeftover(reference, kind, jensenShannon),
  hellinger: (reference, kind) => withLeftover(reference, kind, hellinger),
  chi2: (reference) => {
    const values = presentValues(reference);
    return (chunk) => {
      const counts = countDistinct(values, presentValues(chunk));
      const test = chiSquareTest(counts);
      if (test === undefined) return { value: 0, p: 1 };
      if (test.df > 1) return { value: test.statistic, p: test.p };
      const statistic = yatesStatistic(counts);
      return { value: statistic, p: chiSquareSf(statistic, 1) };
    };
  },
  l_infinity: (reference) => {
    const values = presentValues(reference);
    return (chunk) => {
      const current = presentValues(chunk);
      const counts = countDistinct(values, current);
      return {
        value: counts.reference.reduce(
          (most, count, bin) =>
            Math.max(
              most,
              Math.abs(count / values.length - (counts.current[bin] ?? 0) / current.length),
            ),
          0,
        ),
      };
    };
  },
};

/** SciPy corrects tables of two rows and two columns after Yates. */
function yatesStatistic({
  reference,
  current,
}: {
  readonly reference: readonly number[];
  readonly current: readonly number[];
}): number {
  const table = [reference, current];
  const sums = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const all = (sums[0] ?? 0) + (sums[1] ?? 0);
  let statistic = 0;
  for (const [row, counts] of table.entries()) {
    for (const [column, count] of counts.entries()) {
      const expected =
        ((sums[row] ?? 0) * ((reference[column] ?? 0) + (current[column] ?? 0))) / all;
      const difference = Math.abs(expected - count);
      statistic += (difference - Math.min(0.5, difference)) ** 2 / expected;
    }
  }
  return statistic;
}

interface Cumulative {
  readonly edges: readonly number[];
  readonly shares: readonly number[];
}

function binnedCumulative(values: readonly number[]): Cumulative {
  let [first, last] = [Infinity, -Infinity];
  for (const value of values) [first, last] = [Math.min(first, value), Math.max(last, value)];
  const edges = first === last ? [first - 0.5, last + 0.5] : linearEdges(first, last, BINS);
  return { edges, shares: cumulative(histogram(values, edges), values.length) };
}

function cumulative(counts: readonly number[], size: number): readonly number[] {
  let sum = 0;
  return counts.map((count) => (sum += count / size));
}

/** Approximation of NannyML: the edge of the reference counts as one more value outside of it. */
function binnedWasserstein({ edges, shares }: Cumulative, current: readonly number[]): number {
  const [first, last] = [edges[0] ?? NaN, edges.at(-1) ?? NaN];
  const size = current.length;
  const smaller = current.filter((value) => value < first).sort((a, b) => a - b);
  const larger = current.filter((value) => value > last).sort((a, b) => a - b);
  const amount = (outside: readonly number[]): number =>
    outside.length === 0 ? 0 : (outside.length + 1) / size;
  const areaOf = (points: readonly number[], height: (share: number) => number): number =>
    points.slice(1).reduce((area, point, index) => {
      const before = points[index] ?? NaN;
      return area + height((index + 1) / points.length) * (point - before);
    }, 0);
  const below = areaOf([...smaller, first], (share) => share) * amount(smaller);
  const above = areaOf([last, ...larger], (share) => 1 - share) * amount(larger);
  const width = (edges[1] ?? NaN) - first;
  const within = cumulative(histogram(current, edges), size).map(
    (share, bin) => Math.abs((shares[bin] ?? 0) - (share + amount(smaller))) * width,
  );
  return pairwiseSum(within) + below + above;
}

/** Distance of shares in the bins of the reference; what rounding or other values leave of 1 is one more bin. */
function withLeftover(
  reference: Values,
  kind: Kind,
  distance: (p: readonly number[], q: readonly number[]) => number,
): Measure {
  const values = presentValues(reference);
  const edges =
    kind === 'numbers' ? histogramEdges(presentNumbers(values), 'doane', false) : undefined;
  const keys = [...new Set(values)];
  const countsOf = (sample: Values): readonly number[] => {
    if (edges) return histogram(presentNumbers(sample), edges);
    const counts = new Map<ColumnValue, number>();
    for (const value of sample) counts.set(value, (counts.get(value) ?? 0) + 1);
    return keys.map((key) => counts.get(key) ?? 0);
  };
  const p = countsOf(values).map((count) => count / values.length);
  return (chunk) => {
    const current = presentValues(chunk);
    const q = countsOf(current).map((count) => count / current.length);
    const leftover = 1 - pairwiseSum(q);
    return { value: leftover > 0 ? distance([...p, 0], [...q, leftover]) : distance(p, q) };
  };
}

/** As `scipy.spatial.distance.jensenshannon` with base 2. */
function jensenShannon(first: readonly number[], second: readonly number[]): number {
  const [sumP, sumQ] = [pairwiseSum(first), pairwiseSum(second)];
  const [p, q] = [first.map((share) => share / sumP), second.map((share) => share / sumQ)];
  const entropy = (shares: readonly number[]): number =>
    pairwiseSum(
      shares.map((share, bin) => {
        const average = ((p[bin] ?? 0) + (q[bin] ?? 0)) / 2;
        return share === 0 ? 0 : share * logRatio(share, average);
      }),
    );
  return Math.sqrt(Math.max(0, (entropy(p) + entropy(q)) / Math.LN2 / 2));
}

/** As `scipy.special.rel_entr`: exact for nearly equal shares. */
function logRatio(share: number, average: number): number {
  const ratio = share / average;
  return ratio > 0.5 && ratio < 2 ? Math.log1p((share - average) / average) : Math.log(ratio);
}

function hellinger(p: readonly number[], q: readonly number[]): number {
  const squares = p.map((share, bin) => (Math.sqrt(share) - Math.sqrt(q[bin] ?? 0)) ** 2);
  return Math.sqrt(pairwiseSum(squares)) / Math.SQRT2;
}
