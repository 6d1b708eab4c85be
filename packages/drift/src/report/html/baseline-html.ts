import type { Baseline, FeatureBaseline } from '@fairlead/windows';
import { formatNumber, formatShare, printable } from '../format-value.ts';
import { checkTitle, type DriftTitle } from '../report-title.ts';
import { drawBars } from './draw-bars.ts';
import { drawReliability } from './draw-reliability.ts';
import { escapeHtml, renderTable } from './escape-html.ts';
import { renderPage } from './render-page.ts';

/** Features and outputs, and classes, with a picture: the page stays below 2 MB. */
const MAX_PICTURES = 300;
const MAX_CLASSES = 50;
const MAX_CATEGORIES = 10;

/**
 * Renders a baseline as one HTML page without external resources or scripts: how often each feature and output had its values, and
 * the calibration of the scores.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming what the title lacks
 *
 * @example
 * ```ts
 * import { baselineHtml } from '@fairlead/drift';
 * import { createBaseline } from '@fairlead/windows';
 *
 * const signature = { inputs: [{ name: 'age', datatype: 'FP32', shape: [-1] }], outputs: [] } as const;
 * const page = baselineHtml(createBaseline({ age: [31, 44, 44] }, { signature }), { model: 'churn', version: 3 });
 * console.log(/<h1>(.*)<\/h1>/.exec(page)?.[1]); // Baseline of churn version 3
 * ```
 */
export function baselineHtml(baseline: Baseline, title: DriftTitle): string {
  checkTitle('baselineHtml', title);
  const { rows, sampledRows, features, outputs, calibration } = baseline;
  const sample = sampledRows < rows ? `, ${sampledRows} of them counted` : '';
  const sections = [
    ...features.map((feature) => [feature, 'Feature'] as const),
    ...outputs.map((output) => [output, 'Output'] as const),
  ];
  const classes = calibration?.classes ?? [];
  return renderPage(
    `Baseline of ${printable(title.model)} version ${printable(String(title.version))}`,
    [
      `<p>${escapeHtml(`Training table of ${rows} rows${sample}.`)}</p>`,
      '<h2>Features and outputs</h2>',
      '<p>Of features with more than 64 numbers, up to 2 % of the rows at each end are not drawn.</p>',
      ...sections.slice(0, MAX_PICTURES).map(([feature, role]) => renderColumn(feature, role)),
      remaining(sections.length, MAX_PICTURES),
      ...(calibration === undefined
        ? []
        : [
            `<h2>Calibration of ${escapeHtml(printable(calibration.tensor))}</h2>`,
            '<p>Rows of similar scores, and the share of them whose label is the class. The scores of a calibrated model are on the dashed line.</p>',
          ]),
      ...classes
        .slice(0, MAX_CLASSES)
        .map((each) => `<h3>${escapeHtml(printable(each.label))}</h3>${drawReliability(each)}`),
      remaining(classes.length, MAX_CLASSES),
    ].join('\n'),
  );
}

function renderColumn(feature: FeatureBaseline, role: string): string {
  const { name, datatype, bins, counts, mean, standardDeviation } = feature;
  const values = counts.counts.reduce((sum, count) => sum + count, counts.other);
  const rows = values + counts.missing;
  const cells: readonly (readonly [string, number | null | undefined])[] = [
    ['smallest', counts.min],
    ['mean', mean],
    ['standard deviation', standardDeviation],
    ['largest', counts.max],
  ];
  const numbers = cells.flatMap(([label, value]) =>
    value === null || value === undefined ? [] : [[label, formatNumber(value)]],
  );
  const missing = counts.missing === 0 ? [] : [['missing', formatShare(counts.missing / rows)]];
  const categories =
    bins.kind === 'categories'
      ? bins.categories
          .slice(0, MAX_CATEGORIES)
          .map((text, bin) => [printable(text), formatShare((counts.counts[bin] ?? 0) / rows)])
      : [];
  return (
    `<details open><summary>${escapeHtml(printable(name))}</summary>` +
    `<p>${escapeHtml(`${role}, ${datatype}, ${rows} rows`)}</p>${drawBars(feature)}` +
    `${renderTable(['', ''], [...numbers, ...missing, ...categories])}</details>`
  );
}

function remaining(count: number, max: number): string {
  return count > max ? `<p>And ${count - max} more.</p>` : '';
}
