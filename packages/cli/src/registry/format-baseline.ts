import type { Manifest } from '@fairlead/registry';
import type { BinCounts, FeatureBaseline } from '@fairlead/windows';
import { count, formatNumber } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';
import { type Column, table } from '../output/table.ts';
import { manifestBaseline } from './manifest-baseline.ts';

const MAX_CATEGORIES = 3;
const COLUMNS: readonly (string | Column)[] = [
  ...['', 'name', 'bins'],
  ...['min', 'mean', 'max', 'missing'].map((title) => ({ title, align: 'right' }) as const),
];

/** Formats the baseline of a version: one line for each feature and output; none without a baseline. */
export async function formatBaseline(manifest: Manifest): Promise<readonly string[]> {
  let baseline;
  try {
    baseline = await manifestBaseline(manifest);
  } catch {
    return ['of another format: this release does not compare with it'];
  }
  if (baseline === undefined) return [];
  const { countedValues } = await import('@fairlead/windows');
  const { rows, sampledRows, features, outputs, calibration } = baseline;
  const sample = sampledRows < rows ? `, ${sampledRows} of them counted` : '';
  const row = (direction: string) => (feature: FeatureBaseline) => [
    direction,
    ...featureCells(feature, countedValues(feature.counts)),
  ];
  const lines = [...features.map(row('input')), ...outputs.map(row('output'))];
  const hasTexts = lines.some((cells) => cells.at(-1) !== '');
  return [
    `${count(rows, 'row')}${sample}${calibration === undefined ? '' : `, with calibration of ${oneLine(calibration.tensor)}`}`,
    ...table([...COLUMNS, ...(hasTexts ? ['most frequent'] : [])], lines),
  ];
}

function featureCells(
  { name, bins, counts, mean }: FeatureBaseline,
  values: number,
): readonly string[] {
  const { min, max, missing } = counts;
  const numbers = [min, mean, max].map((value) =>
    value === null || value === undefined ? '' : formatNumber(value),
  );
  const total = values + missing;
  const texts = bins.kind === 'categories' ? frequent(bins.categories, counts, total) : '';
  return [
    oneLine(name),
    binsCell(bins),
    ...numbers,
    missing === 0 ? '' : share(missing, total),
    texts,
  ];
}

function binsCell(bins: FeatureBaseline['bins']): string {
  if (bins.kind === 'edges') return `${bins.edges.length - 1} quantiles`;
  if (bins.kind === 'values') return count(bins.values.length, 'value');
  return count(bins.categories.length, 'category', 'categories');
}

function frequent(categories: readonly string[], { counts }: BinCounts, total: number): string {
  const shown = categories
    .map((text, index) => ({ text, rows: counts[index] ?? 0 }))
    .sort((left, right) => right.rows - left.rows)
    .slice(0, MAX_CATEGORIES)
    .map(({ text, rows }) => `${oneLine(text.slice(0, 40))} ${share(rows, total)}`);
  return shown.join(', ') + (categories.length > MAX_CATEGORIES ? ', …' : '');
}

function share(part: number, total: number): string {
  return total === 0 ? '' : `${formatNumber(Number(((100 * part) / total).toPrecision(2)))} %`;
}
