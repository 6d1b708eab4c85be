import { countedValues, type BinCounts, type FeatureBaseline } from '@fairlead/windows';
import { fisherP } from '../statistics/fisher-exact.ts';
import type { DriftCheck } from './drift-check.ts';
import type { RuleLimits } from './rule-limits.ts';
import type { Sample } from './sample.ts';

/** Share of the values of a sample that is marked, such as missing, and that of the training table. */
export interface ShareComparison {
  readonly reference: number;
  readonly current: number;
}

interface Marked {
  readonly marked: number;
  readonly size: number;
}

const missing = (counts: BinCounts): Marked => ({
  marked: counts.missing,
  size: counts.missing + countedValues(counts),
});
const unseen = (counts: BinCounts): Marked => ({
  marked: counts.other,
  size: countedValues(counts),
});
const below = (counts: BinCounts): Marked => ({
  marked: counts.under,
  size: countedValues(counts),
});
const above = (counts: BinCounts): Marked => ({ marked: counts.over, size: countedValues(counts) });

/** Shares of a feature that are reported. */
export interface FeatureShares {
  readonly missing: ShareComparison;
  /** Values without a bin: unknown categories, or numbers between the known ones. */
  readonly unseen: ShareComparison;
  /** Numbers below the smallest of the training table. */
  readonly below: ShareComparison;
  /** Numbers above the largest of the training table. */
  readonly above: ShareComparison;
}

/** Compares the shares of missing, unseen and out-of-range values. */
export function compareShares(reference: BinCounts, current: BinCounts): FeatureShares {
  const compare = (mark: (counts: BinCounts) => Marked): ShareComparison => ({
    reference: share(mark(reference)),
    current: share(mark(current)),
  });
  return {
    missing: compare(missing),
    unseen: compare(unseen),
    below: compare(below),
    above: compare(above),
  };
}

/** Returns whether the share of missing values differs. */
export function failedMissingCheck(
  { counts }: FeatureBaseline,
  sample: Sample,
  { effects, significance }: RuleLimits,
): readonly DriftCheck[] {
  const { reference, current } = compareShares(counts, sample.counts).missing;
  const differs =
    Math.abs(current - reference) >= effects.missing &&
    differenceP(missing(counts), missing(sample.counts), sample.precision) <= significance;
  return differs ? ['missing'] : [];
}

/** Lists the checks of unseen and out-of-range values that fail. */
export function failedShareChecks(
  { counts }: FeatureBaseline,
  sample: Sample,
  { effects, significance }: RuleLimits,
): readonly DriftCheck[] {
  const failed: DriftCheck[] = [];
  const shares = compareShares(counts, sample.counts);
  const isSignificant = (mark: (counts: BinCounts) => Marked, extra: number): boolean => {
    const { marked, size } = mark(counts);
    return (
      differenceP({ marked: marked + extra, size }, mark(sample.counts), sample.precision) <=
      significance
    );
  };
  if (
    shares.unseen.current - shares.unseen.reference >= effects.unseen &&
    isSignificant(unseen, singletons(counts))
  ) {
    failed.push('unseen');
  }
  const outside =
    shares.below.current + shares.above.current - shares.below.reference - shares.above.reference;
  // Without their rows the smallest and the largest value would be outside.
  if (outside >= effects.outOfRange && [below, above].some((mark) => isSignificant(mark, 1))) {
    failed.push('out-of-range');
  }
  return failed;
}

/** Values that one row of the training table has: without that row they would be unseen (I. J. Good and A. M. Turing, 1953). */
function singletons({ counts }: BinCounts): number {
  return counts.filter((count) => count === 1).length;
}

function share({ marked, size }: Marked): number {
  return size === 0 ? 0 : marked / size;
}

function differenceP(reference: Marked, current: Marked, precision: number): number {
  const size = Math.round(current.size * precision);
  const marked = Math.min(Math.round(current.marked * precision), size);
  if (size === 0 || reference.size === 0) return 1;
  return fisherP(reference.marked, reference.size, marked, size);
}
