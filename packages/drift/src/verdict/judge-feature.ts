import { countedValues, type BinCounts, type FeatureBaseline } from '@fairlead/windows';
import { numberCount } from '../bins/number-counts.ts';
import type { DriftStatus, FeatureDrift, WindowDrift } from '../report/drift-report.ts';
import { compareCategories, failedCategoryChecks } from '../rules/compare-categories.ts';
import { compareNumbers, failedNumberChecks } from '../rules/compare-numbers.ts';
import { failedMissingCheck, failedShareChecks } from '../rules/compare-shares.ts';
import type { DriftCheck } from '../rules/drift-check.ts';
import type { RuleLimits } from '../rules/rule-limits.ts';
import { explainDrift } from './explain-drift.ts';
import type { DriftRules } from './judge-options.ts';
import { measureEvidence } from './measure-evidence.ts';
import { findOnsets } from '../rules/onset.ts';
import { joinSpans, mergeSmallSpans, type Span } from './spans.ts';

const rowsOf = (counts: BinCounts): number => counts.missing + countedValues(counts);

/** Judged spans of one kind of check, and what failed in each. */
interface Chain {
  readonly spans: readonly Span[];
  readonly checks: readonly (readonly DriftCheck[])[];
  readonly isActive: boolean;
  /** Indexes of those of the last spans that differ. */
  readonly recent: readonly number[];
  /** Indexes of the spans at which an alert begins. */
  readonly begins: readonly number[];
}

/** Judges one feature or output by its spans, in ascending order. */
export function judgeFeature(
  baseline: FeatureBaseline,
  role: FeatureDrift['role'],
  spans: readonly Span[],
  rules: DriftRules,
): FeatureDrift {
  const { limits } = rules;
  const hasBaseline = countedValues(baseline.counts) >= rules.minValues;
  const values = judgeSpans(
    hasBaseline ? mergeSmallSpans(spans, rules.minValues, countedValues) : [],
    rules,
    (span) => failedValueChecks(baseline, span, limits),
  );
  const missing = judgeSpans(
    rowsOf(baseline.counts) >= rules.minValues
      ? mergeSmallSpans(spans, rules.minValues, rowsOf)
      : [],
    rules,
    (span) => failedMissingCheck(baseline, span, limits),
  );
  const active = [values, missing].filter(({ isActive }) => isActive);
  const status = statusOf(active.length > 0, values.spans.length >= rules.onset.flagged);
  const span = evidenceSpan(spans, values, active, rules);
  const evidence = measureEvidence(baseline, span);
  const checks = active.flatMap((chain) =>
    chain.recent.flatMap((index) => chain.checks[index] ?? []),
  );
  const feature = {
    name: baseline.name,
    role,
    status,
    checks: [...new Set(checks)],
    since: active.length === 0 ? null : firstBegin(active, rules),
    onsets: [values, missing].flatMap(onsetsOf).sort((a, b) => a - b),
    ...(evidence && { evidence }),
    windows: [...values.spans.entries()]
      .slice(Math.max(0, values.spans.length - rules.historyWindows))
      .map(([index, span]) => describeWindow(baseline, span, values.checks[index] ?? [])),
  };
  return { ...feature, explanation: explainDrift(feature, baseline, span?.counts, rules) };
}

function judgeSpans(
  spans: readonly Span[],
  { onset }: DriftRules,
  failedChecks: (span: Span) => readonly DriftCheck[],
): Chain {
  const checks = spans.map(failedChecks);
  const flags = checks.map(({ length }) => length > 0);
  const { isActive, begins } = findOnsets(flags, onset);
  const start = Math.max(0, spans.length - onset.of);
  const recent = [...flags.keys()].filter((index) => index >= start && flags[index] === true);
  return { spans, checks, isActive, recent, begins };
}

function failedValueChecks(
  baseline: FeatureBaseline,
  span: Span,
  limits: RuleLimits,
): readonly DriftCheck[] {
  const shares = failedShareChecks(baseline, span, limits);
  const { bins } = baseline;
  if (bins.kind === 'categories') {
    return [...failedCategoryChecks(compareCategories(baseline, span), limits), ...shares];
  }
  // Texts and unknown numbers have no place on the axis.
  if (numberCount(span.counts) === 0 || numberCount(baseline.counts) === 0) return shares;
  return [...failedNumberChecks(compareNumbers(baseline, bins, span), limits), ...shares];
}

function statusOf(isActive: boolean, isJudged: boolean): DriftStatus {
  if (isActive) return 'drift';
  return isJudged ? 'ok' : 'insufficient data';
}

/** Windows that differ in an alert; without one the last windows. */
function evidenceSpan(
  spans: readonly Span[],
  values: Chain,
  [active]: readonly Chain[],
  { onset }: DriftRules,
): Span | undefined {
  const judged = values.spans.length > 0 ? values.spans.slice(-onset.of) : spans;
  const chosen = active?.recent.flatMap((index) => active.spans[index] ?? []) ?? judged;
  const [first, ...others] = chosen;
  return first && others.reduce((sum, span) => joinSpans(sum, span, rowsOf), first);
}

/** Begin of the first window that differs and led to the current alert. */
function firstBegin(active: readonly Chain[], { onset }: DriftRules): number {
  const begins = active.map(({ spans, checks, begins: onsets }) => {
    const last = onsets.at(-1) ?? 0;
    const first = Math.max(0, last + 1 - onset.of);
    const differs = (_: Span, index: number): boolean =>
      index >= first && (checks[index] ?? []).length > 0;
    return spans.find(differs)?.from ?? Infinity;
  });
  return Math.min(...begins);
}

function onsetsOf({ spans, begins }: Chain): readonly number[] {
  return begins.flatMap((index) => spans[index]?.to ?? []);
}

function describeWindow(
  baseline: FeatureBaseline,
  span: Span,
  checks: readonly DriftCheck[],
): WindowDrift {
  const { bins } = baseline;
  const { from, to, counts } = span;
  return { from, to, values: countedValues(counts), effect: effectOf(), checks };

  function effectOf(): number | null {
    if (bins.kind === 'categories') return compareCategories(baseline, span).totalVariation;
    if (numberCount(counts) === 0) return null;
    return compareNumbers(baseline, bins, span).standardizedWasserstein;
  }
}
