import { checkPair, total, type PairedCounts } from './paired-counts.ts';
import { chiSquareSf } from './special-functions.ts';

/** Result of a chi-square test. */
export interface ChiSquareTest {
  /** Pearson's X². */
  readonly statistic: number;
  /** Degrees of freedom. */
  readonly df: number;
  /** Probability of a statistic as large without a shift. */
  readonly p: number;
}

/**
 * Tests two samples for equal shares with Pearson's chi-square test, without Yates' correction; bins that are empty in both don't count.
 * Returns undefined with fewer than two bins or an empty sample.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for arguments that are not counts of the same bins
 *
 * @example
 * ```ts
 * import { chiSquareTest } from '@fairlead/drift';
 *
 * const test = chiSquareTest({ reference: [50, 50], current: [65, 35] });
 * console.log(test?.df, test?.p.toFixed(4)); // 1 0.0319
 * ```
 */
export function chiSquareTest(counts: PairedCounts): ChiSquareTest | undefined {
  const { reference, current } = checkPair('chiSquareTest', counts);
  const n = total(reference);
  const m = total(current);
  return test(counts, (count, other) => (count * m - other * n) ** 2 / (count + other) / (n * m));
}

/**
 * Tests a sample against the shares of the reference, which count as exact. The statistic is infinite for a bin that the reference doesn't have.
 * Returns undefined with fewer than two bins or an empty sample.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for arguments that are not counts of the same bins
 *
 * @example
 * ```ts
 * import { goodnessOfFit } from '@fairlead/drift';
 *
 * const test = goodnessOfFit({ reference: [500, 500], current: [65, 35] });
 * console.log(test?.statistic); // 9
 * ```
 */
export function goodnessOfFit(counts: PairedCounts): ChiSquareTest | undefined {
  const { reference, current } = checkPair('goodnessOfFit', counts);
  const n = total(reference);
  const m = total(current);
  return test(counts, (count, other) => {
    const expected = (count * m) / n;
    return (other - expected) ** 2 / expected;
  });
}

function test(
  { reference, current }: PairedCounts,
  summand: (count: number, other: number) => number,
): ChiSquareTest | undefined {
  let statistic = 0;
  let bins = 0;
  for (const [bin, count] of reference.entries()) {
    const other = current[bin] ?? 0;
    if (count + other === 0) continue;
    bins += 1;
    statistic += summand(count, other);
  }
  if (bins < 2 || total(reference) === 0 || total(current) === 0) return undefined;
  return { statistic, df: bins - 1, p: chiSquareSf(statistic, bins - 1) };
}
