import { describeValue } from '@fairlead/signature';
import { addSums, CountsAccumulator } from '../bins/counts-accumulator.ts';
import { invalidOption } from '../check-options.ts';
import { WindowsError } from '../windows-error.ts';
import type { FeatureCounts, OutcomeSums, Window } from './window.ts';

/**
 * Merges windows of one version, of any hosts and spans, into one: exactly, so that order and grouping of merges don't matter.
 * The merged span is from the earliest begin to the latest end.
 *
 * @param windows - one at least
 * @throws WindowsError `ERR_WINDOWS_INCOMPATIBLE` for windows of other versions, variants or baselines
 *
 * @example
 * ```ts
 * import { emptyWindow, mergeWindows } from '@fairlead/windows';
 *
 * const label = { model: 'churn', version: '3' };
 * const host1 = { ...emptyWindow(label, 0, 300_000), requests: 40 };
 * const host2 = { ...emptyWindow(label, 300_000, 600_000), requests: 2 };
 * const { requests, to, windows } = mergeWindows([host1, host2]);
 * console.log(requests, to, windows); // 42 600000 2
 * ```
 */
export function mergeWindows(windows: Iterable<Window>): Window {
  const list = [...windows];
  const [first] = list;
  if (first === undefined) {
    throw invalidOption('mergeWindows: there are no windows to merge. Pass one at least.');
  }
  // Windows of only lost or failed requests may have none.
  const counted = list.filter((window) => !isUncounted(window));
  for (const window of list) checkLabel(first, window);
  for (const window of counted) checkSame('baseline', counted[0]?.baseline, window.baseline);
  const baseline = counted[0]?.baseline;
  const sum = (count: (window: Window) => number): number =>
    list.reduce((total, window) => total + count(window), 0);
  return {
    model: first.model,
    version: first.version,
    ...(first.variant !== undefined && { variant: first.variant }),
    ...(baseline !== undefined && { baseline }),
    from: list.reduce((from, window) => Math.min(from, window.from), Infinity),
    to: list.reduce((to, window) => Math.max(to, window.to), -Infinity),
    windows: sum((window) => window.windows),
    requests: sum((window) => window.requests),
    rows: sum((window) => window.rows),
    failures: mergeRecords(
      list.map(({ failures }) => failures),
      (counts) => counts.reduce((total, count) => total + count, 0),
    ),
    fallbacks: sum((window) => window.fallbacks),
    cacheHits: sum((window) => window.cacheHits),
    latency: {
      counts: first.latency.counts.map((_, bucket) =>
        sum(({ latency }) => latency.counts[bucket] ?? 0),
      ),
      sumUs: sum(({ latency }) => latency.sumUs),
    },
    sample: {
      rows: sum(({ sample }) => sample.rows),
      weight: sum(({ sample }) => sample.weight),
      squaredWeight: sum(({ sample }) => sample.squaredWeight),
    },
    features: mergeFeatures(counted.map(({ features }) => features)),
    outputs: mergeFeatures(counted.map(({ outputs }) => outputs)),
    outcomes: mergeRecords(
      list.map(({ outcomes }) => outcomes),
      mergeOutcomes,
    ),
    lost: {
      requests: sum(({ lost }) => lost.requests),
      windows: sum(({ lost }) => lost.windows),
    },
  };
}

function isUncounted({ baseline, features, outputs }: Window): boolean {
  return baseline === undefined && features.length === 0 && outputs.length === 0;
}

function checkLabel(first: Window, window: Window): void {
  for (const name of ['model', 'version', 'variant'] as const) {
    checkSame(name, first[name], window[name]);
  }
}

function checkSame(name: string, first: string | undefined, value: string | undefined): void {
  if (first === value) return;
  throw incompatible(`windows of ${name} ${describeValue(first)} and ${describeValue(value)}`);
}

function mergeFeatures(lists: readonly (readonly FeatureCounts[])[]): readonly FeatureCounts[] {
  if (lists.some((features) => features.length !== lists[0]?.length)) {
    throw incompatible('windows with other features');
  }
  return (lists[0] ?? []).map(({ name, counts }, index) => {
    const accumulator = new CountsAccumulator(counts.counts.length);
    for (const features of lists) {
      const feature = features[index];
      if (feature?.name !== name || feature.counts.counts.length !== accumulator.bins) {
        throw incompatible(`windows with other bins of ${describeValue(name)}`);
      }
      accumulator.add(feature.counts);
    }
    return { name, counts: accumulator.counts() };
  });
}

function mergeOutcomes(outcomes: readonly OutcomeSums[]): OutcomeSums {
  return {
    count: outcomes.reduce((total, { count }) => total + count, 0),
    sum: addSums(outcomes.map(({ sum }) => sum)),
    sumOfSquares: addSums(outcomes.map(({ sumOfSquares }) => sumOfSquares)),
  };
}

/** Merges the values of equal names. */
function mergeRecords<T>(
  records: readonly Readonly<Record<string, T>>[],
  merge: (values: readonly T[]) => T,
): Readonly<Record<string, T>> {
  const byName = Map.groupBy(records.flatMap(Object.entries<T>), ([name]) => name);
  return Object.fromEntries(
    [...byName].map(([name, values]) => [name, merge(values.map(([, value]) => value))]),
  );
}

function incompatible(problem: string): WindowsError {
  return new WindowsError(
    'ERR_WINDOWS_INCOMPATIBLE',
    `mergeWindows: ${problem} can't be merged. Merge windows of one version, variant and baseline.`,
  );
}
