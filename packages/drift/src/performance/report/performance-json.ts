import type { DriftTitle } from '../../report/report-title.ts';
import type { PerformanceReport } from './performance-report.ts';
import { assumption, checkPerformance } from './performance-summary.ts';

/**
 * Renders a report of performance as JSON; values that aren't defined are null.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming what the report or its title lacks
 *
 * @example
 * ```ts
 * import { performanceJson, reportPerformance } from '@fairlead/drift';
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
 * const { format, total } = JSON.parse(performanceJson(report, { model: 'churn', version: 3 }));
 * console.log(format, total.basis); // fairlead-performance-report unknown
 * ```
 */
export function performanceJson(report: PerformanceReport, title: DriftTitle): string {
  checkPerformance('performanceJson', report, title);
  const { model, version } = title;
  return JSON.stringify({
    ...{ format: 'fairlead-performance-report', formatVersion: 1 },
    ...{ model, version: String(version), assumption },
    ...report,
  });
}
