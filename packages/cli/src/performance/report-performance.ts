import type { PerformanceReport, PerformanceResult, PerformanceRows } from '@fairlead/drift';
import type { CalibrationBaseline } from '@fairlead/windows';
import { calibrationOfLabels, estimateClassifier } from './classifier-estimates.ts';
import { measureClassifier, readClasses } from './classifier-results.ts';
import type { PredictionColumns } from './prediction-columns.ts';
import { createPredictions, type PredictionSelection, type Query } from './prediction-table.ts';
import { type Grouping, readCounts, readLabels } from './read-counts.ts';
import { estimateRegression, measureRegression } from './regression-results.ts';

/** Options of a report. */
export interface ReportOptions extends PredictionSelection {
  /** Name of the segments in the report. */
  readonly segmentName: string | undefined;
  /** Scores and labels of the baseline, for estimates and as the expected performance. */
  readonly calibration: CalibrationBaseline | undefined;
  /** Metrics of the training, by name. */
  readonly trained: Readonly<Record<string, number>>;
  readonly minLabels: number | undefined;
}

/** Reports the performance of the predictions in the views `captures`, `label_lines` and `all_label_lines`. */
export async function reportFromCaptures(
  query: Query,
  columns: PredictionColumns,
  options: ReportOptions,
): Promise<PerformanceReport> {
  const { reportPerformance } = await import('@fairlead/drift');
  await createPredictions(query, columns, options);
  const source = await openSource(query, columns, options);
  const rowsOf = async (by: Grouping): Promise<readonly PerformanceRows[]> => {
    const counts = await readCounts(query, by);
    const measured = await source.measure(by);
    const estimated = await source.estimate(by);
    return counts.map((group) => ({
      ...group,
      measured: measured.get(group.name),
      estimated: estimated.get(group.name),
    }));
  };
  const [total = NO_ROWS] = await rowsOf('all');
  const days = await rowsOf('day');
  const segments = options.segment === undefined ? [] : await rowsOf('segment');
  return reportPerformance({
    ...{ total, days, segments, minLabels: options.minLabels },
    ...(options.segmentName !== undefined && { segmentedBy: options.segmentName }),
    ...(await readLabels(query)),
    expected: await expectedMetrics(query, columns, options),
    calibratedBy: total.estimated === undefined ? undefined : source.calibratedBy,
  });
}

const NO_ROWS: PerformanceRows = {
  ...{ name: 'all', rows: 0, weight: 0, effectiveRows: 0, labeled: 0, effectiveLabeled: 0 },
};

type Results = ReadonlyMap<string, PerformanceResult>;

interface Source {
  readonly measure: (by: Grouping) => Promise<Results>;
  readonly estimate: (by: Grouping) => Promise<Results>;
  readonly calibratedBy: 'baseline' | 'labels';
}

async function openSource(
  query: Query,
  columns: PredictionColumns,
  { calibration }: ReportOptions,
): Promise<Source> {
  if (columns.kind === 'number') {
    return {
      measure: (by) => measureRegression(query, by),
      estimate: (by) => estimateRegression(query, by),
      calibratedBy: 'labels',
    };
  }
  if (columns.kind === 'class') {
    const classes = { labels: await readClasses(query), hasScores: false };
    return {
      measure: (by) => measureClassifier(query, by, classes),
      estimate: () => Promise.resolve(new Map()),
      calibratedBy: 'labels',
    };
  }
  const { calibrateClassifier } = await import('@fairlead/drift');
  const classes = { labels: columns.classes, hasScores: true };
  const known = calibration && ofClasses(calibration, columns.classes);
  const fitted = known ?? (await calibrationOfLabels(query, columns.classes));
  const calibrated = fitted && calibrateClassifier(fitted);
  return {
    measure: (by) => measureClassifier(query, by, classes),
    estimate: async (by) =>
      calibrated === undefined ? new Map() : estimateClassifier(query, by, calibrated),
    calibratedBy: calibration === undefined ? 'labels' : 'baseline',
  };
}

/** Calibration of the classes that are reported: the positive one where a binary classifier has two scores. */
function ofClasses(
  { tensor, classes }: CalibrationBaseline,
  labels: readonly string[],
): CalibrationBaseline {
  return { tensor, classes: classes.filter(({ label }) => labels.includes(label)) };
}

/** Metrics of the held-out rows of the baseline; those that were recorded at the push where it has none. */
async function expectedMetrics(
  query: Query,
  columns: PredictionColumns,
  { calibration, threshold, trained }: ReportOptions,
): Promise<Readonly<Record<string, number>>> {
  const { baselineClassSums, classifierMetrics } = await import('@fairlead/drift');
  if (columns.kind !== 'scores' || calibration === undefined) return trained;
  const limit = columns.prediction === undefined ? threshold : await predictedFrom(query);
  if (limit === undefined) return trained;
  const sums = baselineClassSums(ofClasses(calibration, columns.classes), limit);
  return { ...trained, ...(sums && classifierMetrics(sums)) };
}

/** Score from which a binary classifier predicts its positive class; undefined where the predictions don't follow the scores. */
async function predictedFrom(query: Query): Promise<number | undefined> {
  const [{ below, above } = {}] = await query(
    'SELECT max(s0) FILTER (WHERE p = 0) AS below, min(s0) FILTER (WHERE p = 1) AS above FROM predictions',
  );
  if (typeof below !== 'number' || typeof above !== 'number' || below >= above) return undefined;
  return (below + above) / 2;
}
