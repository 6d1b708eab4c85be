import { distanceDefinitions } from '../distance-definitions.ts';
import type { DriftReport, FeatureDrift } from '../drift-report.ts';
import { formatNumber, formatTime, printable } from '../format-value.ts';
import { byStatus, checkReport, type DriftTitle } from '../report-title.ts';
import { escapeHtml, renderTable } from './escape-html.ts';
import { renderFeature } from './render-feature.ts';
import { renderPage } from './render-page.ts';

/** Features with a section, and rows of the table: the page stays below 2 MB. */
const MAX_SECTIONS = 150;
const MAX_ROWS = 1_000;

/**
 * Renders a report as one HTML page without external resources or scripts: verdicts, explanations, pictures, and the rules that were applied. With 100 features the page is
 * smaller than 2 MB, for any number of values and windows.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming what the report or its title lacks
 *
 * @example
 * ```ts
 * import { driftHtml, judgeDrift } from '@fairlead/drift';
 *
 * const page = driftHtml(judgeDrift({ features: [], outputs: [] }, []), { model: 'churn', version: 3 });
 * console.log(/<h1>(.*)<\/h1>/.exec(page)?.[1]); // Drift of churn version 3: insufficient data
 * ```
 */
export function driftHtml(report: DriftReport, title: DriftTitle): string {
  checkReport('driftHtml', report, title);
  const { status, from, to, rules } = report;
  const subject = `${printable(title.model)} version ${printable(String(title.version))}`;
  const features = byStatus(report);
  const span =
    from === null || to === null ? 'No windows.' : `${formatTime(from)} to ${formatTime(to)} UTC.`;
  return renderPage(
    `Drift of ${subject}: ${status}`,
    [
      `<p>${escapeHtml(`${span} ${countsOf(report)}`)}</p>`,
      renderOverview(features),
      '<h2>Features and outputs</h2>',
      '<p>The gray area is the training table, the blue line the windows. Both ends of a picture are values below and above the range of the training table; the right end is unknown categories.</p>',
      ...features.slice(0, MAX_SECTIONS).map((feature) => renderFeature(feature, rules)),
      remaining(features.length, MAX_SECTIONS),
      '<h2>Rules</h2>',
      renderRules(rules),
      '<h2>Distances</h2>',
      renderTable(['distance', 'definition'], Object.entries(distanceDefinitions)),
    ].join('\n'),
  );
}

function countsOf({ summary }: DriftReport): string {
  const counts = Object.entries(summary).map(([status, count]) => `${status}: ${count}`);
  return `Features and outputs by verdict: ${counts.join(', ')}.`;
}

function renderOverview(features: readonly FeatureDrift[]): string {
  const rows = features
    .slice(0, MAX_ROWS)
    .map(({ name, role, status, explanation }) => [printable(name), role, status, explanation]);
  const table = renderTable(['name', 'role', 'verdict', 'explanation'], rows);
  return `${table}${remaining(features.length, MAX_ROWS)}`;
}

function remaining(count: number, max: number): string {
  return count > max ? `<p>And ${count - max} more, all of them in the JSON report.</p>` : '';
}

function renderRules(rules: DriftReport['rules']): string {
  const { onset, effects } = rules;
  return renderTable(
    ['rule', 'value'],
    [
      ['window', `${formatNumber(rules.windowMs / 60_000)} min`],
      ['values that are enough', String(rules.minValues)],
      ['alpha, for all features', formatNumber(rules.alpha)],
      ['level of a single test', formatNumber(rules.significance)],
      ['windows that must differ', `${onset.flagged} of ${onset.of}`],
      ...(Object.entries(effects) as [string, number][]).map(([name, floor]) => [
        `floor of ${name}`,
        formatNumber(floor),
      ]),
    ],
  );
}
