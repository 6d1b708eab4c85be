import { goodnessOfFit } from '../statistics/chi-square.ts';
import { hellinger, jensenShannon } from '../statistics/distances.ts';
import { kolmogorovSmirnov } from '../statistics/kolmogorov-smirnov.ts';
import { total, type PairedCounts } from '../statistics/paired-counts.ts';
import { normalSf } from '../statistics/special-functions.ts';
import { wasserstein } from '../statistics/wasserstein.ts';
import { countDistinct, type ColumnValue } from './column-samples.ts';
import { histogram, histogramEdges, standardDeviation } from './numpy.ts';
import { scipyKolmogorovSmirnovP } from './two-sample-p.ts';

/** Column without missing values. */
export interface PresentColumn {
  readonly kind: 'numbers' | 'categories';
  readonly reference: readonly Exclude<ColumnValue, null>[];
  readonly current: readonly Exclude<ColumnValue, null>[];
  readonly wholeNumbers: boolean;
}

/** Distinct numbers of the reference above which it is binned. */
const MAX_DISTINCT = 20;

/** Name of a test of Evidently: `ks`, `chisquare` and `z` give a probability, the others a distance. */
export type EvidentlyTest =
  'ks' | 'wasserstein' | 'jensenshannon' | 'psi' | 'hellinger' | 'chisquare' | 'z';

/** Scores of Evidently's tests. */
export const evidentlyTests: Readonly<Record<EvidentlyTest, (column: PresentColumn) => number>> = {
  ks: ({ reference, current }) => {
    const { statistic } = kolmogorovSmirnov(numbers(reference), numbers(current));
    return scipyKolmogorovSmirnovP(statistic, reference.length, current.length);
  },
  wasserstein: ({ reference, current }) =>
    wasserstein(numbers(reference), numbers(current)) /
    Math.max(standardDeviation(numbers(reference)), 0.001),
  jensenshannon: (column) =>
    // Base e.
    jensenShannon(binned(column)) * Math.sqrt(Math.LN2),
  psi: (column) => {
    const counts = binned(column);
    const current = withoutZeros(counts.current);
    return withoutZeros(counts.reference).reduce(
      (sum, p, bin) => sum + (p - (current[bin] ?? NaN)) * Math.log(p / (current[bin] ?? NaN)),
      0,
    );
  },
  hellinger: (column) => {
    if (column.kind === 'categories')
      return hellinger(countDistinct(column.reference, column.current));
    const [reference, current] = [numbers(column.reference), numbers(column.current)];
    // The number of bins depends on the number of distinct values.
    const distinct = [...new Set([...reference, ...current])];
    const edges = histogramEdges(distinct, 'sturges', column.wholeNumbers);
    return hellinger({
      reference: histogram(reference, edges),
      current: histogram(current, edges),
    });
  },
  chisquare: ({ reference, current }) =>
    // A single category has no degree of freedom.
    goodnessOfFit(countDistinct(reference, current))?.p ?? NaN,
  z: ({ reference, current }) => {
    const counts = countDistinct(reference, current);
    if (counts.reference.length === 1) return 1;
    const [n, m] = [reference.length, current.length];
    const share = (side: readonly number[], size: number): number => (size - (side[0] ?? 0)) / size;
    const [p, q] = [share(counts.reference, n), share(counts.current, m)];
    const pooled = (p * n + q * m) / (n + m);
    const z = (p - q) / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
    // Evidently subtracts from 1, so that small probabilities are 0.
    return 2 * (1 - normalSf(-Math.abs(z)));
  },
};

function numbers(values: readonly ColumnValue[]): readonly number[] {
  return values.map(Number);
}

function binned(column: PresentColumn): PairedCounts {
  const [reference, current] = [column.reference, column.current];
  if (column.kind === 'categories' || new Set(reference).size <= MAX_DISTINCT) {
    return countDistinct(reference, current);
  }
  const all = [...numbers(reference), ...numbers(current)];
  const edges = histogramEdges(all, 'sturges', column.wholeNumbers);
  return {
    reference: histogram(numbers(reference), edges),
    current: histogram(numbers(current), edges),
  };
}

/** Shares, with a small one in place of 0. */
function withoutZeros(counts: readonly number[]): readonly number[] {
  const size = total(counts);
  const shares = counts.map((count) => count / size);
  const smallest = Math.min(...shares.filter((share) => share > 0));
  return shares.map((share) => (share > 0 ? share : smallest <= 0.0001 ? smallest / 1e6 : 0.0001));
}
