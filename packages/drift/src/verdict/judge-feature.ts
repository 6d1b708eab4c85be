import { countedValues, type BinCounts, type FeatureBaseline } from '@fairlead/windows';
import { numberCount } from '../bins/number-counts.ts';
import type { DriftStatus, FeatureDrift } from '../report/drift-report.ts';
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

/** A span, what failed in it, and its effect. */
interface JudgedSpan {
  readonly checks: readonly DriftCheck[];
  readonly effect: number | null;
}

/** Judged spans of one kind of check. */
interface Chain {
  readonly spans: readonly Span[];
  readonly judged: readonly JudgedSpan[];
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
    (span) => judgeValues(baseline, span, limits),
  );
  const missing = judgeSpans(
    rowsOf(baseline.counts) >= rules.minValues
      ? mergeSmallSpans(spans, rules.minValues, rowsOf)
      : [],
    rules,
    (span) => ({ checks: failedMissingCheck(baseline, span, limits), effect: null }),
  );
  const active = [values, missing].filter(({ isActive }) => isActive);
  const status = statusOf(active.length > 0, values.spans.length >= rules.onset.flagged);
  const span = evidenceSpan(spans, values, active, rules);
  const evidence = measureEvidence(baseline, span);
  const checks = active.flatMap((chain) =>
    chain.recent.flatMap((index) => chain.judged[index]?.checks ?? []),
  );
  const feature = {
    name: baseline.name,
    role,
    status,
    checks: [...new Set(checks)],
    since: active.length === 0 ? null : firstBegin(active, rules),
    onsets: [values, missing].flatMap(onsetsOf).sort((a, b) => a - b),
    ...(evidence && { evidence }),
    windows: values.spans
      .map(({ from, to, counts }, index) => ({
        ...{ from, to, values: countedValues(counts) },
        ...(values.judged[index] ?? { checks: [], effect: null }),
      }))
      .slice(Math.max(0, values.spans.length - rules.historyWindows)),
  };
  return { ...feature, explanation: explainDrift(feature, baseline, span?.counts, rules) };
}

function judgeSpans(
  spans: readonly Span[],
  { onset }: DriftRules,
  judgeSpan: (span: Span) => JudgedSpan,
): Chain {
  const judged = spans.map(judgeSpan);
  const flags = judged.map(({ checks }) => checks.length > 0);
  const { isActive, begins } = findOnsets(flags, onset);
  const start = Math.max(0, spans.length - onset.of);
  const recent = [...flags.keys()].filter((index) => index >= start && flags[index] === true);
  return { spans, judged, isActive, recent, begins };
}

function judgeValues(baseline: FeatureBaseline, span: Span, limits: RuleLimits): JudgedSpan {
  const shares = failedShareChecks(baseline, span, limits);
  const { bins } = baseline;
  if (bins.kind === 'categories') {
    const comparison = compareCategories(baseline, span);
    const checks = [...failedCategoryChecks(comparison, limits), ...shares];
    return { checks, effect: comparison.totalVariation };
  }
  // Texts and unknown numbers have no place on the axis.
  if (numberCount(span.counts) === 0 || numberCount(baseline.counts) === 0) {
    return { checks: shares, effect: null };
  }
  const comparison = compareNumbers(baseline, bins, span);
  const checks = [...failedNumberChecks(comparison, limits), ...shares];
  return { checks, effect: comparison.standardizedWasserstein };
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
  const begins = active.map(({ spans, judged, begins: onsets }) => {
    const last = onsets.at(-1) ?? 0;
    const first = Math.max(0, last + 1 - onset.of);
    const differs = (_: Span, index: number): boolean =>
      index >= first && (judged[index]?.checks ?? []).length > 0;
    return spans.find(differs)?.from ?? Infinity;
  });
  return Math.min(...begins);
}

function onsetsOf({ spans, begins }: Chain): readonly number[] {
  return begins.flatMap((index) => spans[index]?.to ?? []);
}
