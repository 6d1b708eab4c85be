import { checkInteger, checkOptions } from '../../check-options.ts';
import { describeMetrics, type PerformanceMetric } from './describe-metrics.ts';
import type { PerformanceResult } from './performance-result.ts';

/** Rows of a report, a day or a segment. */
export interface PerformanceRows {
  readonly name: string;
  /** Rows of predictions. */
  readonly rows: number;
  /** Rows that they stand for, where requests were sampled. */
  readonly weight: number;
  /** Rows of equal weight that are as precise. */
  readonly effectiveRows: number;
  /** Rows with a label. */
  readonly labeled: number;
  /** Rows of equal weight that are as precise as those with a label. */
  readonly effectiveLabeled: number;
  /** Of the rows with a label. */
  readonly measured?: PerformanceResult | undefined;
  /** Of all rows, without labels. */
  readonly estimated?: PerformanceResult | undefined;
}

/** Time from a prediction to its label. */
export interface LabelDelays {
  /** NaN without labels. */
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly maxMs: number;
}

/** Input of {@link reportPerformance}. */
export interface PerformanceData {
  readonly total: PerformanceRows;
  readonly days: readonly PerformanceRows[];
  readonly segments: readonly PerformanceRows[];
  /** Name of the segments. */
  readonly segmentedBy?: string | undefined;
  readonly delays: LabelDelays;
  /** Labels that a later one of the same row replaced. */
  readonly replacedLabels: number;
  /** Rows whose label is no class or number. */
  readonly unknownLabels: number;
  /**
   * Requests of several rows whose label has no row, and doesn't count.
   * @defaultValue 0
   */
  readonly requestsWithoutRow?: number | undefined;
  /** Metrics to compare with, such as those of the training: a lower value by three standard errors is an alert. */
  readonly expected?: Readonly<Record<string, number>> | undefined;
  /** Rows that the estimates are fitted to; undefined without estimates. */
  readonly calibratedBy?: 'baseline' | 'labels' | undefined;
  /**
   * Labels with which a day or segment counts as measured.
   * @defaultValue 100
   */
  readonly minLabels?: number | undefined;
}

/** Metrics of a report, a day or a segment. */
export interface PerformanceGroup extends Omit<PerformanceRows, 'measured' | 'estimated'> {
  /** The metrics that count: measured where there are enough labels, estimated elsewhere. */
  readonly basis: 'measured' | 'estimated' | 'unknown';
  readonly measured: readonly PerformanceMetric[] | undefined;
  readonly estimated: readonly PerformanceMetric[] | undefined;
  /** Metrics of the basis that are worse than expected. */
  readonly alerts: readonly string[];
}

/** Performance of a version, by day and segment. */
export interface PerformanceReport extends Omit<PerformanceData, 'total' | 'days' | 'segments'> {
  readonly total: PerformanceGroup;
  readonly days: readonly PerformanceGroup[];
  readonly segments: readonly PerformanceGroup[];
  readonly minLabels: number;
}

const DEFAULT_MIN_LABELS = 100;

/**
 * Computes the metrics of a version by day and segment: measured where there are labels, estimated elsewhere.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { reportPerformance } from '@fairlead/drift';
 *
 * const counts = { truePositives: 80, falsePositives: 20, trueNegatives: 880, falseNegatives: 20 };
 * const classes = [{ label: '1', ...counts, rocAuc: 0.98, rocAucDeviation: 0.1 }];
 * const rows = { rows: 1000, weight: 1000, effectiveRows: 1000, labeled: 0, effectiveLabeled: 0 };
 * const { total } = reportPerformance({
 *   total: { name: 'all', ...rows, estimated: { classes } },
 *   days: [],
 *   segments: [],
 *   delays: { medianMs: NaN, p90Ms: NaN, maxMs: NaN },
 *   replacedLabels: 0,
 *   unknownLabels: 0,
 * });
 * console.log(total.basis, total.estimated?.[0]?.name, total.estimated?.[0]?.value); // estimated accuracy 0.96
 * ```
 */
export function reportPerformance(data: PerformanceData): PerformanceReport {
  checkOptions('reportPerformance', data, {
    ...{ total: 'required', days: 'required', segments: 'required', segmentedBy: 'optional' },
    ...{ delays: 'required', replacedLabels: 'required', unknownLabels: 'required' },
    ...{
      requestsWithoutRow: 'optional',
      expected: 'optional',
      calibratedBy: 'optional',
      minLabels: 'optional',
    },
  } as const);
  const minLabels = checkInteger(
    'reportPerformance: minLabels',
    data.minLabels ?? DEFAULT_MIN_LABELS,
    1,
    Number.MAX_SAFE_INTEGER,
  );
  const group = (rows: PerformanceRows): PerformanceGroup => groupOf(rows, data, minLabels);
  return {
    ...data,
    minLabels,
    total: group(data.total),
    days: data.days.map(group),
    segments: data.segments.map(group),
  };
}

function groupOf(
  { measured, estimated, ...rows }: PerformanceRows,
  { expected = {} }: PerformanceData,
  minLabels: number,
): PerformanceGroup {
  const found = {
    measured: measured && describeMetrics(measured, rows.effectiveLabeled),
    estimated: estimated && describeMetrics(estimated, rows.effectiveRows),
  };
  const isMeasured = found.measured !== undefined && rows.labeled >= minLabels;
  const other = found.estimated === undefined ? 'unknown' : 'estimated';
  const basis = isMeasured ? 'measured' : other;
  const metrics = basis === 'unknown' ? [] : (found[basis] ?? []);
  const alerts = metrics.filter((metric) => isWorse(metric, expected[metric.name]));
  return { ...rows, basis, ...found, alerts: alerts.map(({ name }) => name) };
}

/** A value that is worse than the expected one by more than chance. */
function isWorse(
  { value, lower, upper, isError }: PerformanceMetric,
  expected: number | undefined,
): boolean {
  if (expected === undefined || Number.isNaN(value) || Number.isNaN(lower)) return false;
  return isError ? lower > expected : upper < expected;
}
