import { describeValue } from '@fairlead/signature';
import type { Baseline } from '@fairlead/windows';
import { invalidOption } from '../check-options.ts';
import type { DriftReport, DriftStatus, FeatureDrift } from '../report/drift-report.ts';
import type { DriftWindow } from './drift-window.ts';
import { judgeFeature } from './judge-feature.ts';
import { readJudgeOptions, type JudgeOptions } from './judge-options.ts';
import { groupWindows, spansOf } from './spans.ts';

/**
 * Compares windows with the baseline of their version, and says which features and outputs have drifted, and how.
 *
 * A window differs where an effect is above its floor **and** its probability without a shift is below the level, which is corrected for the number of
 * features. A feature has drifted when two of the last three windows differ.
 *
 * A pure function of its arguments: the order of the windows doesn't matter, and those of several hosts are merged.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming the option, `ERR_DRIFT_INCOMPATIBLE` for windows of another baseline
 *
 * @example
 * ```ts
 * import { judgeDrift } from '@fairlead/drift';
 * import { BinCounter, createBaseline } from '@fairlead/windows';
 *
 * const ages = (from: number) => Array.from({ length: 1_000 }, (_, row) => from + (row % 50));
 * const inputs = [{ name: 'age', datatype: 'INT32', shape: [-1] }] as const;
 * const baseline = createBaseline({ age: ages(20) }, { signature: { inputs, outputs: [] } });
 * const hour = (index: number, from: number) => {
 *   const counter = new BinCounter(baseline.features[0]!.bins);
 *   for (const age of ages(from)) counter.addNumber(age);
 *   return { from: index * 3_600_000, to: (index + 1) * 3_600_000, features: [{ name: 'age', counts: counter.counts() }] };
 * };
 * const { status, features } = judgeDrift(baseline, [hour(0, 20), hour(1, 30), hour(2, 30)]);
 * console.log(status, features[0]?.checks); // drift [ 'distance', 'stability', 'out-of-range' ]
 * ```
 */
export function judgeDrift(
  baseline: Pick<Baseline, 'features' | 'outputs'>,
  windows: Iterable<DriftWindow>,
  options: JudgeOptions = {},
): DriftReport {
  const steps = judgeInSteps(baseline, windows, options);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** Does the same as {@link judgeDrift}, a feature or output at a time: between two of them the caller may do something else. */
export function* judgeInSteps(
  baseline: Pick<Baseline, 'features' | 'outputs'>,
  windows: Iterable<DriftWindow>,
  options: JudgeOptions,
): Generator<void, DriftReport> {
  checkBaseline(baseline);
  const { features, outputs } = baseline;
  const rules = readJudgeOptions(options, features.length + outputs.length);
  const groups = groupWindows(checkWindows(windows), rules.windowMs);
  const verdicts: FeatureDrift[] = [];
  for (const each of features) {
    yield;
    verdicts.push(judgeFeature(each, 'feature', spansOf(groups, each, 'features'), rules));
  }
  for (const each of outputs) {
    yield;
    verdicts.push(judgeFeature(each, 'output', spansOf(groups, each, 'outputs'), rules));
  }
  const { windowMs, minValues, alpha, onset, limits } = rules;
  const summary = summarize(verdicts);
  return {
    status: overallStatus(summary),
    from: groups.at(0)?.from ?? null,
    to: groups.reduce<number | null>((to, group) => Math.max(to ?? -Infinity, group.to), null),
    summary,
    rules: { windowMs, minValues, alpha, onset, ...limits },
    features: verdicts,
  };
}

function summarize(features: readonly FeatureDrift[]): Record<DriftStatus, number> {
  const summary = { drift: 0, ok: 0, 'insufficient data': 0 };
  for (const { status } of features) summary[status] += 1;
  return summary;
}

function overallStatus(summary: Readonly<Record<DriftStatus, number>>): DriftStatus {
  if (summary.drift > 0) return 'drift';
  return summary.ok > 0 ? 'ok' : 'insufficient data';
}

function checkBaseline(baseline: unknown): void {
  const { features, outputs } = Object(baseline) as Readonly<Record<string, unknown>>;
  if (Array.isArray(features) && Array.isArray(outputs)) return;
  throw invalidOption(
    `judgeDrift: the first argument must be a baseline with features and outputs, got ${describeValue(baseline)}. Read one with parseBaseline of @fairlead/windows.`,
  );
}

function checkWindows(windows: Iterable<DriftWindow>): readonly DriftWindow[] {
  const list: readonly unknown[] =
    typeof (Object(windows) as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
      ? [...windows]
      : [windows];
  for (const window of list) {
    const { from, to, features } = Object(window) as Readonly<Record<string, unknown>>;
    if (Number.isFinite(from) && Number.isFinite(to) && Array.isArray(features)) continue;
    throw invalidOption(
      `judgeDrift: a window must have from and to in milliseconds and a list of features, got ${describeValue(window)}.`,
    );
  }
  return list as readonly DriftWindow[];
}
