import { formatNumber, printable } from '../../report/format-value.ts';
import { escapeHtml, renderTable } from '../../report/html/escape-html.ts';
import { renderPage } from '../../report/html/render-page.ts';
import type { DriftTitle } from '../../report/report-title.ts';
import type { PerformanceGroup, PerformanceReport } from './performance-report.ts';
import { checkPerformance, describePerformance } from './performance-summary.ts';
import { performanceTable } from './performance-table.ts';

/**
 * Renders a report of performance as one HTML page without external resources or scripts.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming what the report or its title lacks
 *
 * @example
 * ```ts
 * import { performanceHtml, reportPerformance } from '@fairlead/drift';
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
 * const page = performanceHtml(report, { model: 'churn', version: 3 });
 * console.log(/<h1>(.*)<\/h1>/.exec(page)?.[1]); // Performance of churn version 3: unknown
 * ```
 */
export function performanceHtml(report: PerformanceReport, title: DriftTitle): string {
  checkPerformance('performanceHtml', report, title);
  const { total, days, segments, segmentedBy = 'segment' } = report;
  const subject = `${printable(title.model)} version ${printable(String(title.version))}`;
  return renderPage(
    `Performance of ${subject}: ${total.basis}`,
    [
      ...describePerformance(report).map((sentence) => `<p>${escapeHtml(sentence)}</p>`),
      renderMetrics(total, report.expected),
      ...renderGroups('By day', 'day', days),
      ...renderGroups(`By ${printable(segmentedBy)}`, printable(segmentedBy), segments),
    ].join('\n'),
  );
}

function renderMetrics(total: PerformanceGroup, expected: PerformanceReport['expected']): string {
  const kinds = (['measured', 'estimated'] as const).filter((kind) => total[kind] !== undefined);
  const rows = kinds.flatMap((kind) =>
    (total[kind] ?? []).map(({ name, value, lower, upper }) => [
      name,
      kind,
      formatNumber(value),
      Number.isNaN(lower) ? '' : `${formatNumber(lower)} to ${formatNumber(upper)}`,
      expected?.[name] === undefined ? '' : formatNumber(expected[name]),
    ]),
  );
  return renderTable(['metric', 'basis', 'value', 'three standard errors', 'expected'], rows);
}

function renderGroups(
  heading: string,
  title: string,
  groups: readonly PerformanceGroup[],
): readonly string[] {
  if (groups.length === 0) return [];
  const { head, rows } = performanceTable(title, groups);
  return [`<h2>${escapeHtml(heading)}</h2>`, renderTable(head, rows)];
}
