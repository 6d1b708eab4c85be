import type { DriftReport, FeatureDrift } from './drift-report.ts';
import { formatTime, printable } from './format-value.ts';
import { byStatus, checkReport, type DriftTitle } from './report-title.ts';

/** Features of a status other than drift that are listed. */
const MAX_LISTED = 20;

/**
 * Renders a report as lines of text: the verdict, each drift with its explanation, and the number of other features.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming what the report or its title lacks
 *
 * @example
 * ```ts
 * import { driftText, judgeDrift } from '@fairlead/drift';
 *
 * const report = judgeDrift({ features: [], outputs: [] }, []);
 * console.log(driftText(report, { model: 'churn', version: 3 }).trimEnd()); // churn version 3: insufficient data
 * ```
 */
export function driftText(report: DriftReport, title: DriftTitle): string {
  checkReport('driftText', report, title);
  const { status, from, to, summary } = report;
  const span = from === null || to === null ? '' : `, ${formatTime(from)} to ${formatTime(to)} UTC`;
  const lines = [
    `${printable(title.model)} version ${printable(String(title.version))}: ${status}${span}`,
  ];
  const features = byStatus(report);
  for (const feature of features.filter((each) => each.status === 'drift')) {
    lines.push('', ...describeDrift(feature));
  }
  const few = features.filter((each) => each.status === 'insufficient data');
  if (few.length > 0) {
    lines.push('', `insufficient data: ${few.length}`);
    for (const { name, explanation } of few.slice(0, MAX_LISTED)) {
      lines.push(`  ${printable(name)}: ${explanation}`);
    }
    if (few.length > MAX_LISTED) lines.push(`  and ${few.length - MAX_LISTED} more`);
  }
  if (summary.ok > 0) lines.push('', `ok: ${summary.ok}`);
  return `${lines.join('\n')}\n`;
}

function describeDrift({
  name,
  role,
  since,
  checks,
  explanation,
}: FeatureDrift): readonly string[] {
  const begin = since === null ? '' : ` since ${formatTime(since)} UTC`;
  return [`drift of ${role} ${printable(name)}${begin} (${checks.join(', ')})`, `  ${explanation}`];
}
