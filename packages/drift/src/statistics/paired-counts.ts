import { describeValue } from '@fairlead/signature';
import { DriftError } from '../drift-error.ts';

/**
 * Counts of two samples in the same bins: `reference[i]` and `current[i]` rows are in bin i. Distances are computed from counts, not from shares:
 * the rounding of shares makes equal samples differ by 1e-8 under a square root.
 */
export interface PairedCounts {
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

/** Sum of counts. */
export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** @throws DriftError `ERR_DRIFT_INVALID_OPTION` for counts that are not two lists of equal length of finite numbers from 0 on */
export function checkPair(name: string, counts: PairedCounts): PairedCounts {
  const { reference, current } = Object(counts) as Readonly<Record<string, unknown>>;
  if (!isList(reference) || !isList(current)) {
    throw new DriftError(
      'ERR_DRIFT_INVALID_OPTION',
      `${name}: expected { reference, current } with two arrays of counts, got ${describeValue(counts)}.`,
    );
  }
  if (reference.length !== current.length) {
    throw new DriftError(
      'ERR_DRIFT_INVALID_OPTION',
      `${name}: the reference has ${reference.length} counts and the current sample ${current.length}. Count both in the same bins.`,
    );
  }
  for (const count of [...reference, ...current]) {
    if (typeof count === 'number' && count >= 0 && count < Infinity) continue;
    throw new DriftError(
      'ERR_DRIFT_INVALID_OPTION',
      `${name}: ${describeValue(count)} is not a count. Counts are finite numbers from 0 on.`,
    );
  }
  return counts;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
