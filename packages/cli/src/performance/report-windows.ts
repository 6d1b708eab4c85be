import type { PerformanceReport, PerformanceRows } from '@fairlead/drift';
import type { Baseline, Window, WindowStore } from '@fairlead/windows';
import { CliError } from '../cli-error.ts';

const DAY_MS = 86_400_000;

/** Version and span of a report. */
export interface WindowSelection {
  readonly model: string;
  readonly version: string;
  /** Begin and end in milliseconds since the epoch; extended to whole days. */
  readonly since: number;
  readonly until: number;
  /** Smallest score with a positive prediction. */
  readonly threshold: number;
}

/**
 * Estimates the performance of a binary classifier from the scores that windows count: of all requests, without captures and labels.
 *
 * @throws CliError `ERR_CLI_CHECK_FAILED` for a version without scores and labels in its baseline, or with several classes
 */
export async function reportFromWindows(
  windows: Pick<WindowStore, 'read'>,
  baseline: Baseline | undefined,
  { model, version, since, until, threshold }: WindowSelection,
): Promise<PerformanceReport> {
  const drift = await import('@fairlead/drift');
  const { baselineDigest, effectiveRows, mergeWindows } = await import('@fairlead/windows');
  const calibration = baseline?.calibration;
  const expected = calibration && drift.baselineClassSums(calibration, threshold);
  if (baseline === undefined || calibration === undefined || expected === undefined) {
    throw new CliError(
      'ERR_CLI_CHECK_FAILED',
      `version ${version} of ${model} can't be estimated from windows, which takes a baseline with the scores and labels of a binary classifier: add --captures, or set FAIRLEAD_CAPTURE_LOCATION`,
    );
  }
  const calibrated = drift.calibrateClassifier(calibration);
  const digest = baselineDigest(baseline);
  const span = {
    from: Math.floor(since / DAY_MS) * DAY_MS,
    to: Math.ceil(until / DAY_MS) * DAY_MS,
  };
  const found = await windows.read({ model, version }, { ...span, unit: 'day' });
  const rowsOf = (name: string, window: Window): PerformanceRows => {
    const cells = drift.windowScoreCells(baseline, window.outputs, threshold);
    const isCounted = cells?.some(({ rows }) => rows.length > 0) === true;
    return {
      ...{ name, rows: window.sample.rows, weight: window.sample.weight },
      ...{ effectiveRows: effectiveRows(window.sample), labeled: 0, effectiveLabeled: 0 },
      estimated: isCounted ? { classes: drift.estimateClassSums(calibrated, cells) } : undefined,
    };
  };
  const comparable = found.filter((window) => window.baseline === digest);
  const days = Map.groupBy(comparable, ({ from }) => new Date(from).toISOString().slice(0, 10));
  return drift.reportPerformance({
    total:
      comparable.length === 0
        ? { name: 'all', rows: 0, weight: 0, effectiveRows: 0, labeled: 0, effectiveLabeled: 0 }
        : rowsOf('all', mergeWindows(comparable)),
    days: [...days].map(([name, parts]) => rowsOf(name, mergeWindows(parts))),
    segments: [],
    delays: { medianMs: NaN, p90Ms: NaN, maxMs: NaN },
    replacedLabels: 0,
    unknownLabels: 0,
    expected: { ...drift.classifierMetrics(expected) },
    calibratedBy: 'baseline',
  });
}
