import {
  countedValues,
  type BinCounts,
  type CategoryBins,
  type FeatureBaseline,
} from '@fairlead/windows';
import { binnedQuantile, meanOf, rangeOf, type NumberBins } from '../bins/number-counts.ts';
import type { DriftEvidence, FeatureDrift } from '../report/drift-report.ts';
import { formatNumber, formatShare, quoteText } from '../report/format-value.ts';
import type { DriftCheck } from '../rules/drift-check.ts';
import type { DriftRules } from './judge-options.ts';

/** Categories that an explanation names. */
const MAX_CATEGORIES = 3;
/** Smallest change of a quantile that is worth a mention, in standard deviations. */
const MIN_MOVE = 0.05;

/** Explains a verdict in a sentence: what moved, from where to where. */
export function explainDrift(
  { status, checks, evidence }: Pick<FeatureDrift, 'status' | 'checks' | 'evidence'>,
  baseline: FeatureBaseline,
  current: BinCounts | undefined,
  rules: DriftRules,
): string {
  if (status === 'insufficient data') return explainTooFew(baseline, rules);
  if (status === 'ok' || evidence === undefined || current === undefined) return 'No shift.';
  const { bins } = baseline;
  const moved =
    bins.kind === 'categories'
      ? checks.includes('categories') && movedCategories(bins, evidence)
      : (checks.includes('distance') || checks.includes('stability')) &&
        movedNumbers(baseline, bins, current);
  const parts = [moved || [], movedShares(baseline, evidence, current, checks)].flat();
  return `${parts.join('; ')}.`.replace(/^./u, (first) => first.toUpperCase());
}

function explainTooFew({ counts }: FeatureBaseline, { minValues, onset }: DriftRules): string {
  const values = countedValues(counts);
  if (values < minValues) {
    return `The training table has ${values} values, fewer than ${minValues}.`;
  }
  return `Fewer than ${onset.flagged} windows with ${minValues} values.`;
}

function movedNumbers(
  { counts: reference, mean, standardDeviation = 0 }: FeatureBaseline,
  bins: NumberBins,
  current: BinCounts,
): readonly string[] {
  const before = mean ?? meanOf(reference);
  const after = meanOf(current);
  const move = (after - before) / standardDeviation;
  const inDeviations = Number.isFinite(move)
    ? ` (${move < 0 ? '−' : '+'}${formatNumber(Math.abs(move))} standard deviations)`
    : '';
  const parts = [`mean from ${formatNumber(before)} to ${formatNumber(after)}${inDeviations}`];
  const quantile = (counts: BinCounts, share: number): number =>
    binnedQuantile(bins, counts, share);
  const differs = (share: number): boolean =>
    Math.abs(quantile(current, share) - quantile(reference, share)) > MIN_MOVE * standardDeviation;
  if (differs(0.5)) {
    const [from, to] = [quantile(reference, 0.5), quantile(current, 0.5)];
    parts.push(`median from ${formatNumber(from)} to ${formatNumber(to)}`);
  }
  if (differs(0.05) || differs(0.95)) {
    const range = (counts: BinCounts): string =>
      `${formatNumber(quantile(counts, 0.05))} … ${formatNumber(quantile(counts, 0.95))}`;
    parts.push(`5th … 95th percentile from ${range(reference)} to ${range(current)}`);
  }
  return parts;
}

function movedCategories(
  { categories }: CategoryBins,
  { histogram: { reference, current } }: DriftEvidence,
): readonly string[] {
  const changeOf = (bin: number): number => Math.abs((current[bin] ?? 0) - (reference[bin] ?? 0));
  return [...categories.keys()]
    .sort((a, b) => changeOf(b) - changeOf(a))
    .slice(0, MAX_CATEGORIES)
    .filter((bin) => changeOf(bin) > 0)
    .map((bin) => {
      const [from, to] = [formatShare(reference[bin] ?? 0), formatShare(current[bin] ?? 0)];
      return `share of ${quoteText(categories[bin] ?? '')} from ${from} to ${to}`;
    });
}

function movedShares(
  { bins }: FeatureBaseline,
  { shares: { unseen, below, above, missing } }: DriftEvidence,
  { min, max }: BinCounts,
  checks: readonly DriftCheck[],
): readonly string[] {
  const parts: string[] = [];
  if (checks.includes('out-of-range') && bins.kind !== 'categories') {
    const [first, last] = rangeOf(bins);
    const sides = [
      below.current > 0 &&
        `${formatShare(below.current)} below, down to ${formatNumber(min ?? NaN)}`,
      above.current > 0 && `${formatShare(above.current)} above, up to ${formatNumber(max ?? NaN)}`,
    ].filter((side) => side !== false);
    parts.push(
      `values outside of the range of the training table, ${formatNumber(first)} … ${formatNumber(last)}: ${sides.join(' and ')}`,
    );
  }
  const change = ({ reference, current }: typeof missing): string =>
    `from ${formatShare(reference)} to ${formatShare(current)}`;
  if (checks.includes('unseen')) {
    const known = bins.kind === 'categories' ? 'known categories' : 'known numbers';
    parts.push(`values that are none of the ${known} ${change(unseen)}`);
  }
  if (checks.includes('missing')) parts.push(`missing values ${change(missing)}`);
  return parts;
}
