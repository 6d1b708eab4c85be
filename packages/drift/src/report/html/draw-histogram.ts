import type { DriftEvidence } from '../drift-report.ts';
import { formatNumber, formatShare } from '../format-value.ts';
import { escapeHtml } from './escape-html.ts';

const WIDTH = 480;
const HEIGHT = 120;

/**
 * Draws the shares of the bins: those of the training table as area, those of the windows as line. Numbers below and above all bins are at both ends,
 * unknown categories at the right one.
 */
export function drawHistogram({ histogram, shares }: DriftEvidence): string {
  const { bins } = histogram;
  const withEnds = (side: 'reference' | 'current'): readonly number[] =>
    bins.kind === 'categories'
      ? [...histogram[side], shares.unseen[side]]
      : [shares.below[side], ...histogram[side], shares.above[side]];
  const [reference, current] = [withEnds('reference'), withEnds('current')];
  const highest = Math.max(...reference, ...current, Number.MIN_VALUE);
  const labels = axisLabels(bins);
  const area = `M0 ${HEIGHT}${steps(reference, highest)}V${HEIGHT}Z`;
  const line = `M0 ${HEIGHT}${steps(current, highest)}V${HEIGHT}`;
  return (
    `<svg viewBox="0 -16 ${WIDTH} ${HEIGHT + 36}" width="${WIDTH}" role="img" aria-label="Shares of the bins" font-size="12">` +
    `<path class="reference" d="${area}"/><path class="current" d="${line}"/>` +
    `<text x="0" y="-4">${escapeHtml(formatShare(highest))}</text>` +
    `<text x="0" y="${HEIGHT + 16}">${escapeHtml(labels[0])}</text>` +
    `<text x="${WIDTH}" y="${HEIGHT + 16}" text-anchor="end">${escapeHtml(labels[1])}</text></svg>`
  );
}

function steps(shares: readonly number[], highest: number): string {
  const width = WIDTH / Math.max(shares.length, 1);
  return shares
    .map((share) => `V${((1 - share / highest) * HEIGHT).toFixed(1)}h${width.toFixed(2)}`)
    .join('');
}

function axisLabels(bins: DriftEvidence['histogram']['bins']): readonly [string, string] {
  if (bins.kind === 'categories') return ['most frequent', 'others'];
  const limits = bins.kind === 'edges' ? bins.edges : bins.values;
  return [formatNumber(limits[0] ?? NaN), formatNumber(limits.at(-1) ?? NaN)];
}
