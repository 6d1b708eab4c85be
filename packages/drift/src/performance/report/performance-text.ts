import { formatNumber, printable } from '../../report/format-value.ts';
import type { DriftTitle } from '../../report/report-title.ts';
import { performanceTable } from './performance-table.ts';
import { checkPerformance, describePerformance } from './performance-summary.ts';
import type { PerformanceReport } from './performance-report.ts';

/**
 * Renders a report of performance as lines of text: each value is named as measured or estimated.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming what the report or its title lacks
 *
 * @example
 * ```ts
 * import { performanceText, reportPerformance } from '@fairlead/drift';
 *
 * const none = { rows: 0, weight: 0, effectiveRows: 0, labeled: 0, effectiveLabeled: 0 };
 * const report = reportPerformance({
 *   total: { name: 'all', ...none },
 *   days: [],
 *   segments: [],
 *   delays: { medianMs: NaN, p90Ms: NaN, maxMs: NaN },
 *   replacedLabels: 0,
 *   unknownLabels: 0,
 * });
 * const [line] = performanceText(report, { model: 'churn', version: 3 }).split('\n');
 * console.log(line); // churn version 3: unknown
 * ```
 */
export function performanceText(report: PerformanceReport, title: DriftTitle): string {
  checkPerformance('performanceText', report, title);
  const { total } = report;
  const heading = `${printable(title.model)} version ${printable(String(title.version))}: ${total.basis}`;
  const metrics = (total.basis === 'unknown' ? [] : (total[total.basis] ?? [])).map(
    ({ name, value, lower, upper }) =>
      `  ${name.padEnd(11)}  ${formatNumber(value).padEnd(8)}${
        Number.isNaN(lower) ? '' : `  ${formatNumber(lower)} to ${formatNumber(upper)}`
      }${total.alerts.includes(name) ? `  worse than ${formatNumber(report.expected?.[name] ?? NaN)}` : ''}`.trimEnd(),
  );
  return `${[
    heading,
    ...metrics,
    '',
    ...describePerformance(report),
    ...section('day', report.days),
    ...section(report.segmentedBy ?? 'segment', report.segments),
  ].join('\n')}\n`;
}

function section(title: string, groups: PerformanceReport['days']): readonly string[] {
  if (groups.length === 0) return [];
  const { head, rows } = performanceTable(printable(title), groups);
  const lines = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return [
    '',
    ...lines.map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  ];
}
