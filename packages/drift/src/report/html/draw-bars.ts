import type { FeatureBaseline } from '@fairlead/windows';
import { formatNumber } from '../format-value.ts';
import { escapeHtml } from './escape-html.ts';

const WIDTH = 480;
const HEIGHT = 120;
/** Bars of equal width that quantiles are drawn as. */
const BARS = 60;
/** Rows at each end that aren't drawn: their values may be far away. */
const OUTER_SHARE = 0.02;

/** Draws how often a feature of a training table had its values: a bar for each value or category, or for equal parts of the range. */
export function drawBars({ bins, counts: { counts } }: FeatureBaseline): string {
  const { heights, labels } =
    bins.kind === 'edges'
      ? equalBars(bins.edges, counts)
      : { heights: counts, labels: valueLabels(bins) };
  const highest = Math.max(...heights, Number.MIN_VALUE);
  const width = WIDTH / Math.max(heights.length, 1);
  const steps = heights
    .map((height) => `V${((1 - height / highest) * HEIGHT).toFixed(1)}h${width.toFixed(2)}`)
    .join('');
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT + 20}" width="${WIDTH}" role="img" aria-label="Values of the training table" font-size="12">` +
    `<path class="reference" d="M0 ${HEIGHT}${steps}V${HEIGHT}Z"/>` +
    `<text x="0" y="${HEIGHT + 16}">${escapeHtml(labels[0])}</text>` +
    `<text x="${WIDTH}" y="${HEIGHT + 16}" text-anchor="end">${escapeHtml(labels[1])}</text></svg>`
  );
}

/** Divides the rows of each bin evenly over its range. */
function equalBars(edges: readonly number[], counts: readonly number[]) {
  const [from, to] = middle(edges, counts);
  const size = (to - from) / BARS;
  const heights = new Array<number>(BARS).fill(0);
  const barOf = (value: number): number =>
    Math.min(Math.max(Math.floor((value - from) / size), 0), BARS - 1);
  for (const [bin, count] of counts.entries()) {
    const [low, high] = [edges[bin] ?? NaN, edges[bin + 1] ?? NaN];
    if (high <= from || low >= to) continue;
    const first = barOf(low);
    const last = barOf(high);
    for (let bar = first; bar <= last; bar += 1) {
      const begin = Math.max(low, from + bar * size);
      const end = Math.min(high, from + (bar + 1) * size);
      const share = first === last ? 1 : Math.max(end - begin, 0) / (high - low);
      heights[bar] = (heights[bar] ?? 0) + count * share;
    }
  }
  return { heights, labels: [formatNumber(from), formatNumber(to)] as const };
}

/** Returns the range without the outer bins, as far as they have up to 2 % of the rows at each end. */
function middle(edges: readonly number[], counts: readonly number[]): readonly [number, number] {
  const most = counts.reduce((sum, count) => sum + count, 0) * OUTER_SHARE;
  let [first, last] = [0, counts.length - 1];
  for (let rows = counts[first] ?? 0; rows <= most && first < last; rows += counts[first] ?? 0)
    first += 1;
  for (let rows = counts[last] ?? 0; rows <= most && last > first; rows += counts[last] ?? 0)
    last -= 1;
  return [edges[first] ?? NaN, edges[last + 1] ?? NaN];
}

function valueLabels(bins: Exclude<FeatureBaseline['bins'], { kind: 'edges' }>) {
  if (bins.kind === 'categories') return ['most frequent', ''] as const;
  return [formatNumber(bins.values[0] ?? NaN), formatNumber(bins.values.at(-1) ?? NaN)] as const;
}
