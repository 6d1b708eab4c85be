import type { ShareComparison } from '../../rules/compare-shares.ts';
import { distanceDefinitions, type DistanceName } from '../distance-definitions.ts';
import type { DriftEvidence, DriftReport, FeatureDrift } from '../drift-report.ts';
import { formatNumber, formatShare, formatTime, printable } from '../format-value.ts';
import { drawEffects } from './draw-effects.ts';
import { drawHistogram } from './draw-histogram.ts';
import { escapeHtml, renderTable } from './escape-html.ts';

const MAX_CATEGORIES = 10;

/** Renders the section of one feature: its explanation, pictures and distances. */
export function renderFeature(feature: FeatureDrift, { effects }: DriftReport['rules']): string {
  const { name, role, status, since, checks, explanation, evidence, windows } = feature;
  const begin = since === null ? '' : ` since ${formatTime(since)} UTC (${checks.join(', ')})`;
  const isCategorical = evidence?.histogram.bins.kind === 'categories';
  const floor = isCategorical ? effects.totalVariation : effects.wasserstein;
  const effectName = isCategorical
    ? 'Total variation distance'
    : 'Wasserstein distance in standard deviations';
  const drawing = drawEffects(windows, floor);
  return (
    `<details${status === 'drift' ? ' open' : ''}><summary>${escapeHtml(printable(name))}: ${status}</summary>` +
    `<p>${escapeHtml(`${role === 'output' ? 'Output' : 'Feature'}, ${status}${begin}. ${explanation}`)}</p>` +
    (evidence ? renderEvidence(evidence) : '') +
    (drawing === ''
      ? ''
      : `<p>${effectName} of each window; the line is the floor.</p>${drawing}`) +
    '</details>'
  );
}

function renderEvidence(evidence: DriftEvidence): string {
  const { from, to, values, distances, shares } = evidence;
  const distanceRows = (Object.keys(distanceDefinitions) as DistanceName[]).flatMap((name) => {
    const value = distances[name];
    return value === undefined ? [] : [[name, formatNumber(value)]];
  });
  const shareRows = (Object.entries(shares) as [string, ShareComparison][]).map(
    ([name, { reference, current }]) => [name, formatShare(reference), formatShare(current)],
  );
  return (
    `<p>${escapeHtml(`${values} values, ${formatTime(from)} to ${formatTime(to)} UTC`)}</p>` +
    drawHistogram(evidence) +
    renderCategories(evidence) +
    renderTable(['share of values', 'training table', 'windows'], shareRows) +
    renderTable(['distance', ''], distanceRows)
  );
}

function renderCategories({ histogram: { bins, reference, current } }: DriftEvidence): string {
  if (bins.kind !== 'categories') return '';
  const rows = bins.categories
    .slice(0, MAX_CATEGORIES)
    .map((category, bin) => [
      printable(category),
      formatShare(reference[bin] ?? 0),
      formatShare(current[bin] ?? 0),
    ]);
  return renderTable(['category', 'training table', 'windows'], rows);
}
