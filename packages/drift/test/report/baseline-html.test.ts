import { createBaseline } from '@fairlead/windows';
import { expect, test } from 'vitest';
import { baselineHtml } from '../../src/index.ts';

const title = { model: 'churn', version: 3 };
const spec = (name: string, datatype: 'FP64' | 'BYTES' = 'FP64') =>
  ({ name, datatype, shape: [-1] }) as const;

/** Heights of the bars of the first picture, as shares of the highest one. */
function heights(page: string): readonly number[] {
  const path = /<path class="reference" d="M0 120(.*?)V120Z"/.exec(page)?.[1] ?? '';
  return [...path.matchAll(/V([\d.]+)h/g)].map(([, y]) => 1 - Number(y) / 120);
}

test('quantiles are drawn as the density of the values', () => {
  // Triangular from 0 to 1, with one value far away.
  const x = [...Array.from({ length: 10_000 }, (_, row) => Math.sqrt((row + 0.5) / 10_000)), 1e6];
  const page = baselineHtml(
    createBaseline({ x }, { signature: { inputs: [spec('x')], outputs: [] } }),
    title,
  );
  const bars = heights(page);
  expect(bars).toHaveLength(60);
  // Without the outer bins, each of which has a 63rd of the rows.
  const [from, to] = [Math.sqrt(1 / 63), Math.sqrt(62 / 63)];
  for (const share of [0.05, 0.25, 0.5, 0.75, 0.95]) {
    const bar = bars[Math.floor(share * 60)] ?? 0;
    expect(Math.abs(bar - (from + share * (to - from)))).toBeLessThan(0.05);
  }
});

test('distinct values and categories have a bar each, and shares of all rows', () => {
  const signature = { inputs: [spec('n'), spec('city', 'BYTES')], outputs: [] };
  const n = [1, 2, 2, 2];
  const city = ['<b>', '<b>', 'Bern', null];
  const page = baselineHtml(createBaseline({ n, city }, { signature }), title);
  expect(heights(page).map((height) => height.toFixed(2))).toEqual(['0.33', '1.00']);
  expect(page).toContain('<td>&lt;b&gt;</td><td>50 %</td>');
  expect(page).toContain('<td>missing</td><td>25 %</td>');
  expect(page).not.toContain('<b>');
});

test('calibration is drawn by score: a calibrated model is on the diagonal', () => {
  const p = Array.from({ length: 1000 }, (_, row) => (row + 0.5) / 1000);
  const label = p.map((score, row) => (((row * 7919) % 1000) / 1000 < score ? 1 : 0));
  const signature = { inputs: [spec('x')], outputs: [spec('p')] };
  const baseline = createBaseline({ x: p, p, label }, { signature, label: 'label', scores: 'p' });
  const page = baselineHtml(baseline, title);
  const points = [...page.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)];
  expect(points).toHaveLength(10);
  for (const [, x, y] of points) expect(Math.abs(Number(x) + Number(y) - 160)).toBeLessThan(16);
});

test('a page of 10,000 features is smaller than 2 MB, and one of none is a page', () => {
  const features = Array.from({ length: 10_000 }, (_, index) => ({ name: `feature ${index}` }));
  const values = Array.from({ length: 200 }, (_, row) => row / 7);
  const wide = Array.from({ length: 10 }, (_, index) => ({
    ...({ name: `x${index}`, datatype: 'FP64', shape: [-1, 1000] } as const),
    features: features.slice(index * 1000, (index + 1) * 1000),
  }));
  const columns = Object.fromEntries(features.map(({ name }) => [name, values]));
  const page = baselineHtml(
    createBaseline(columns, { signature: { inputs: wide, outputs: [] } }),
    title,
  );
  expect(page.length).toBeLessThan(2e6);
  expect(page).toContain('And 9700 more.');
  const none = { rows: 0, sampledRows: 0, features: [], outputs: [] };
  expect(baselineHtml(none, title)).toContain('Training table of 0 rows.');
  expect(() => baselineHtml(none, { model: 'churn' } as never)).toThrow(
    /option version is missing/,
  );
});
