import { checkPair, total, type PairedCounts } from './paired-counts.ts';

/**
 * Returns the population stability index (PSI): Σ(p − q)·ln(p/q), with Jeffreys' prior of half a row in each bin, so that no bin is empty.
 *
 * Without a shift its mean is {@link expectedStability}: subtract it before comparing with a limit.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for arguments that are not counts of the same bins
 *
 * @example
 * ```ts
 * import { populationStability } from '@fairlead/drift';
 *
 * const counts = { reference: [500, 300, 200], current: [50, 30, 20] };
 * console.log(populationStability(counts).toFixed(6)); // 0.000026
 * ```
 */
export function populationStability(counts: PairedCounts): number {
  const { reference, current } = checkPair('populationStability', counts);
  const bins = reference.length;
  const n = total(reference) + bins / 2;
  const m = total(current) + bins / 2;
  let sum = 0;
  for (const [bin, count] of reference.entries()) {
    const p = (count + 0.5) / n;
    const q = ((current[bin] ?? 0) + 0.5) / m;
    sum += (p - q) * Math.log(p / q);
  }
  return sum;
}

/**
 * Returns the mean of the stability index of two samples without a shift: (bins − 1)·(1/n + 1/m).
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for arguments that are not counts of the same bins
 *
 * @example
 * ```ts
 * import { expectedStability } from '@fairlead/drift';
 *
 * console.log(expectedStability({ reference: [500, 500], current: [40, 60] })); // 0.011
 * ```
 */
export function expectedStability(counts: PairedCounts): number {
  const { reference, current } = checkPair('expectedStability', counts);
  return (reference.length - 1) * (1 / total(reference) + 1 / total(current));
}

/**
 * Returns the Jensen–Shannon distance, base 2: the square root of the mean divergence from the average of both samples. 0 for equal shares, 1 for
 * samples without a common bin, NaN for an empty sample.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for arguments that are not counts of the same bins
 *
 * @example
 * ```ts
 * import { jensenShannon } from '@fairlead/drift';
 *
 * console.log(jensenShannon({ reference: [1, 2], current: [10, 20] })); // 0
 * console.log(jensenShannon({ reference: [1, 0], current: [0, 1] })); // 1
 * ```
 */
export function jensenShannon(counts: PairedCounts): number {
  const { reference, current } = checkPair('jensenShannon', counts);
  const n = total(reference);
  const m = total(current);
  let sum = 0;
  for (const [bin, count] of reference.entries()) {
    const other = current[bin] ?? 0;
    // Of whole numbers: exactly equal where the shares are.
    const a = count * m;
    const b = other * n;
    if (a > 0) sum += (count / n) * logRatio(a, b);
    if (b > 0) sum += (other / m) * logRatio(b, a);
  }
  return n === 0 || m === 0 ? NaN : Math.sqrt(Math.max(sum / (2 * Math.LN2), 0));
}

/** ln(2a/(a + b)), exactly 0 for equal arguments. */
function logRatio(a: number, b: number): number {
  return Math.log1p((a - b) / (a + b));
}

/**
 * Returns the Hellinger distance ‖√p − √q‖ / √2, between 0 and 1; NaN for an empty sample.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for arguments that are not counts of the same bins
 *
 * @example
 * ```ts
 * import { hellinger } from '@fairlead/drift';
 *
 * console.log(hellinger({ reference: [50, 50], current: [90, 10] }).toFixed(4)); // 0.3249
 * ```
 */
export function hellinger(counts: PairedCounts): number {
  const { reference, current } = checkPair('hellinger', counts);
  const n = total(reference);
  const m = total(current);
  let sum = 0;
  for (const [bin, count] of reference.entries()) {
    const a = count * m;
    const b = (current[bin] ?? 0) * n;
    // √a − √b without cancellation.
    const difference = a === b ? 0 : (a - b) / (Math.sqrt(a) + Math.sqrt(b));
    sum += difference * difference;
  }
  return Math.sqrt(sum / (2 * n * m));
}

/**
 * Returns the total variation distance, half of the sum of absolute differences of the shares: the share of rows that would have to change their bin.
 * NaN for an empty sample.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for arguments that are not counts of the same bins
 *
 * @example
 * ```ts
 * import { totalVariation } from '@fairlead/drift';
 *
 * console.log(totalVariation({ reference: [50, 50], current: [75, 25] })); // 0.25
 * ```
 */
export function totalVariation(counts: PairedCounts): number {
  const each = differences(checkPair('totalVariation', counts));
  return each.reduce((sum, difference) => sum + Math.abs(difference), 0) / 2;
}

/**
 * Returns the largest absolute difference of a share (L-infinity distance); NaN for an empty sample.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for arguments that are not counts of the same bins
 *
 * @example
 * ```ts
 * import { lInfinity } from '@fairlead/drift';
 *
 * console.log(lInfinity({ reference: [50, 50, 0], current: [50, 25, 25] })); // 0.25
 * ```
 */
export function lInfinity(counts: PairedCounts): number {
  return Math.max(0, ...differences(checkPair('lInfinity', counts)).map(Math.abs));
}

/**
 * Returns the largest difference of the cumulative shares at the edges of bins: a lower bound of the Kolmogorov–Smirnov statistic of the values.
 * NaN for an empty sample.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for arguments that are not counts of the same bins
 *
 * @example
 * ```ts
 * import { binnedKolmogorovSmirnov } from '@fairlead/drift';
 *
 * console.log(binnedKolmogorovSmirnov({ reference: [5, 5, 0], current: [0, 5, 5] })); // 0.5
 * ```
 */
export function binnedKolmogorovSmirnov(counts: PairedCounts): number {
  const { reference, current } = checkPair('binnedKolmogorovSmirnov', counts);
  const n = total(reference);
  const m = total(current);
  let sum = 0;
  let largest = 0;
  for (const [bin, count] of reference.entries()) {
    sum += count * m - (current[bin] ?? 0) * n;
    largest = Math.max(largest, Math.abs(sum));
  }
  return largest / (n * m);
}

function differences({ reference, current }: PairedCounts): readonly number[] {
  const n = total(reference);
  const m = total(current);
  return reference.map((count, bin) => (count * m - (current[bin] ?? 0) * n) / (n * m));
}
