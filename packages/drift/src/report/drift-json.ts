import { distanceDefinitions } from './distance-definitions.ts';
import type { DriftReport } from './drift-report.ts';
import { checkReport, type DriftTitle } from './report-title.ts';

/**
 * Renders a report as JSON, with the definitions of its distances; infinite numbers and NaN are texts.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming what the report or its title lacks
 *
 * @example
 * ```ts
 * import { driftJson, judgeDrift } from '@fairlead/drift';
 *
 * const report = judgeDrift({ features: [], outputs: [] }, []);
 * const { format, status } = JSON.parse(driftJson(report, { model: 'churn', version: 3 }));
 * console.log(format, status); // fairlead-drift-report insufficient data
 * ```
 */
export function driftJson(report: DriftReport, title: DriftTitle): string {
  checkReport('driftJson', report, title);
  const { model, version } = title;
  const document = {
    format: 'fairlead-drift-report',
    formatVersion: 1,
    model,
    version: String(version),
    ...report,
    definitions: distanceDefinitions,
  };
  return JSON.stringify(document, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}
