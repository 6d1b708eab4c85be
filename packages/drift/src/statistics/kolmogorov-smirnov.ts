import { kolmogorovSf } from './special-functions.ts';

/** Kolmogorov–Smirnov statistic of two samples. */
export interface KolmogorovSmirnov {
  /** Largest difference of the cumulative shares, 0 to 1. */
  readonly statistic: number;
  /** Value at which the difference is largest; NaN for equal samples. */
  readonly location: number;
  /** 1 where the cumulative share of the reference is larger: the current values are larger. */
  readonly sign: 1 | -1;
}

/**
 * Returns the largest difference of the cumulative shares of two samples of finite numbers, its place and its sign.
 *
 * @example
 * ```ts
 * import { kolmogorovSmirnov } from '@fairlead/drift';
 *
 * console.log(kolmogorovSmirnov([1, 2, 3, 4], [3, 4, 5, 6])); // { statistic: 0.5, location: 2, sign: 1 }
 * ```
 */
export function kolmogorovSmirnov(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): KolmogorovSmirnov {
  const first = Float64Array.from(reference).sort();
  const second = Float64Array.from(current).sort();
  const [n, m] = [first.length, second.length];
  let [i, j, largest, location] = [0, 0, 0, Number.NaN];
  while (i < n || j < m) {
    const value = Math.min(first[i] ?? Infinity, second[j] ?? Infinity);
    while (i < n && first[i] === value) i += 1;
    while (j < m && second[j] === value) j += 1;
    const difference = i * m - j * n;
    if (Math.abs(difference) > Math.abs(largest)) [largest, location] = [difference, value];
  }
  return { statistic: Math.abs(largest) / (n * m), location, sign: largest < 0 ? -1 : 1 };
}

/** Probability of a statistic as large without a shift, for continuous values, by Stephens' correction of Kolmogorov's limit. */
export function stephensP(statistic: number, n: number, m: number): number {
  const root = Math.sqrt((n * m) / (n + m));
  return kolmogorovSf((root + 0.12 + 0.11 / root) * statistic);
}

/** Probability of a statistic as large without a shift, by Kolmogorov's limit. */
export function limitP(statistic: number, n: number, m: number): number {
  return kolmogorovSf(Math.sqrt((n * m) / (n + m)) * statistic);
}

/**
 * Probability of a statistic as large without a shift, exactly: the share of all orders of n and m values whose statistic is as large. Takes n·m steps. Sums the probabilities of the
 * orders that reach the statistic for the first time, so that a small one keeps its digits.
 *
 * Source: J. L. Hodges, "The significance probability of the Smirnov two-sample test" (1958)
 */
export function exactP(statistic: number, n: number, m: number): number {
  // Differences are multiples of 1/(n·m).
  const limit = Math.round(statistic * n * m);
  if (limit === 0) return 1;
  let reached = 0;
  let row = new Float64Array(m + 1);
  row[0] = 1;
  for (let i = 0; i <= n; i += 1) {
    const below = new Float64Array(m + 1);
    for (let j = 0; j <= m; j += 1) {
      const weight = row[j] ?? 0;
      if (weight === 0) continue;
      const left = n - i + m - j;
      if (i < n) {
        const share = (weight * (n - i)) / left;
        if (Math.abs((i + 1) * m - j * n) >= limit) reached += share;
        else below[j] = share;
      }
      if (j < m) {
        const share = (weight * (m - j)) / left;
        if (Math.abs(i * m - (j + 1) * n) >= limit) reached += share;
        else row[j + 1] = (row[j + 1] ?? 0) + share;
      }
    }
    row = below;
  }
  return Math.min(reached, 1);
}
