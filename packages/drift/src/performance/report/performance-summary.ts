import { describeValue } from '@fairlead/signature';
import { invalidOption } from '../../check-options.ts';
import { formatNumber, formatShare } from '../../report/format-value.ts';
import { checkTitle, type DriftTitle } from '../../report/report-title.ts';
import type { PerformanceGroup, PerformanceReport } from './performance-report.ts';

/** @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming what the report or its title lacks */
export function checkPerformance(name: string, report: PerformanceReport, title: DriftTitle): void {
  checkTitle(name, title);
  const { total, days } = Object(report) as Readonly<Record<string, unknown>>;
  if (total !== undefined && Array.isArray(days)) return;
  throw invalidOption(
    `${name}: the report must be a result of reportPerformance, got ${describeValue(report)}.`,
  );
}

/** Assumption of the estimates, for every report that has some. */
export const assumption =
  'Estimates follow a shift of the inputs, and assume that inputs and labels are related as before (P(y|x) unchanged): under concept drift they are wrong, and labels override them.';

/** Sentences on rows, labels and estimates. */
export function describePerformance(report: PerformanceReport): readonly string[] {
  const { total, days, segments, delays, replacedLabels, unknownLabels, calibratedBy } = report;
  const { requestsWithoutRow = 0 } = report;
  const isEstimated = [total, ...days, ...segments].some(
    ({ basis }: PerformanceGroup) => basis === 'estimated',
  );
  const sampled = total.weight > total.rows * (1 + 1e-9);
  const share = total.rows === 0 ? 0 : total.labeled / total.rows;
  const by =
    calibratedBy === 'labels'
      ? 'They are fitted to the rows with labels of this report.'
      : 'They are fitted to the rows with labels of the baseline.';
  return [
    `${total.rows} rows${sampled ? `, which stand for ${Math.round(total.weight)}` : ''}; ${total.labeled} have a label (${formatShare(share)}), ${total.rows - total.labeled} have none yet.`,
    ...(total.labeled === 0
      ? []
      : [
          `Labels were known ${formatDuration(delays.medianMs)} after the prediction (median; 90 % within ${formatDuration(delays.p90Ms)}, the last after ${formatDuration(delays.maxMs)}).`,
        ]),
    ...(share > 0 && share < 0.9
      ? ['Labels that come early may differ from those that come late.']
      : []),
    ...(replacedLabels > 0 ? [`${replacedLabels} labels were replaced by later ones.`] : []),
    ...(unknownLabels > 0
      ? [`${unknownLabels} labels are neither a class nor a number, and don't count.`]
      : []),
    ...(requestsWithoutRow > 0
      ? [
          `The labels of ${requestsWithoutRow} requests don't count: these requests have several rows, and their labels name none. Send or import them with their rows.`,
        ]
      : []),
    ...(isEstimated ? [`${assumption} ${by}`] : []),
  ];
}

function formatDuration(milliseconds: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const [unit, size] = units.find(([, each]) => Math.abs(milliseconds) >= each) ?? ['s', 1000];
  return `${formatNumber(Number((milliseconds / size).toPrecision(3)))} ${unit}`;
}
