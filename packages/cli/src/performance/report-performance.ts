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

/** Reports the performance of the predictions in the views `captures` and `labels`. */
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
    expected: await expectedMetrics(columns, options),
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
  const known = calibration ?? (await calibrationOfLabels(query, columns.classes));
  const calibrated = known && calibrateClassifier(known);
  return {
    measure: (by) => measureClassifier(query, by, classes),
    estimate: async (by) =>
      calibrated === undefined ? new Map() : estimateClassifier(query, by, calibrated),
    calibratedBy: calibration === undefined ? 'labels' : 'baseline',
  };
}

/** Metrics of the held-out rows of the baseline; those that were recorded at the push where it has none. */
async function expectedMetrics(
  columns: PredictionColumns,
  { calibration, threshold, trained }: ReportOptions,
): Promise<Readonly<Record<string, number>>> {
  const { baselineClassSums, classifierMetrics } = await import('@fairlead/drift');
  const sums =
    columns.kind === 'scores' && calibration !== undefined
      ? baselineClassSums(calibration, threshold)
      : undefined;
  return { ...trained, ...(sums && classifierMetrics(sums)) };
}
