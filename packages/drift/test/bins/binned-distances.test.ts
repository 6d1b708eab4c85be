import { readFileSync } from 'node:fs';
import { numericBins } from '@fairlead/windows';
import { describe, expect, test } from 'vitest';
import { kolmogorovSmirnov, wasserstein } from '@fairlead/drift';
import { binnedDistances } from '../../src/bins/binned-distances.ts';
import { countNumbers } from '../support/count-values.ts';
import { numbersOf, readGoldens } from '../support/goldens.ts';

interface BinnedFigures {
  readonly edges_64: { readonly ks_binned: number; readonly w1_linear_cdf: number };
  readonly exact: { readonly ks: number; readonly w1: number };
}

const { columns } = JSON.parse(
  readFileSync(new URL('../goldens/binned.json', import.meta.url), 'utf8'),
) as { readonly columns: Readonly<Record<string, BinnedFigures>> };

const pairs = readGoldens('numerical').map(({ id, binned, ...golden }) => ({
  id,
  edges: binned.quantile64_reference?.edges ?? [],
  reference: numbersOf(golden.reference),
  current: numbersOf(golden.current),
}));

const binnedPairs = pairs.flatMap((pair) => {
  const figures = columns[pair.id];
  return figures === undefined ? [] : [{ ...pair, figures }];
});

describe.each(binnedPairs)('$id', ({ figures, edges, ...samples }) => {
  const { edges_64: binned, exact } = figures;
  const { reference, current } = samples;

  test('distances from 64 quantile edges are those of NumPy, with the values outside of the edges added', () => {
    const bins = { kind: 'edges', edges } as const;
    const found = binnedDistances(bins, countNumbers(bins, reference), countNumbers(bins, current));
    const first = edges[0] ?? NaN;
    const last = edges.at(-1) ?? NaN;
    const outside = current.reduce(
      (sum, value) => sum + Math.max(0, first - value) + Math.max(0, value - last),
      0,
    );
    const expected = binned.w1_linear_cdf + outside / current.length;
    expect(Math.abs(found.wasserstein - expected)).toBeLessThanOrEqual(1e-10 * (1 + expected));
    expect(found.kolmogorovSmirnov).toBeCloseTo(binned.ks_binned, 12);
  });

  test('distances from the bins of a baseline are near those of the values', () => {
    const bins = numericBins(reference);
    const found = binnedDistances(bins, countNumbers(bins, reference), countNumbers(bins, current));
    const { other } = countNumbers(bins, current);
    // Numbers between those of the reference are left out.
    const tolerance = bins.kind === 'values' && other === 0 ? 1e-9 : 0.25;
    expect(Math.abs(found.wasserstein - exact.w1)).toBeLessThanOrEqual(tolerance * exact.w1);
    if (other > 0) return;
    expect(found.kolmogorovSmirnov).toBeLessThanOrEqual(exact.ks + 1e-12);
    expect(found.kolmogorovSmirnov).toBeGreaterThanOrEqual(0.7 * exact.ks);
  });
});

test.each(pairs.filter(({ reference }) => reference.length < 10_000))(
  'one bin for each value gives the exact distances of $id',
  ({ reference, current }) => {
    const values = [...new Set([...reference, ...current])].sort((a, b) => a - b);
    const bins = { kind: 'values', values } as const;
    const found = binnedDistances(bins, countNumbers(bins, reference), countNumbers(bins, current));
    expect(found.kolmogorovSmirnov).toBeCloseTo(
      kolmogorovSmirnov(reference, current).statistic,
      12,
    );
    const expected = wasserstein(reference, current);
    expect(Math.abs(found.wasserstein - expected)).toBeLessThanOrEqual(1e-9 * (1 + expected));
  },
);

test('values beyond all bins count with their distance', () => {
  const bins = { kind: 'values', values: [0, 1] } as const;
  const found = binnedDistances(bins, countNumbers(bins, [0, 1]), countNumbers(bins, [-9, 21]));
  expect(found).toEqual({ wasserstein: wasserstein([0, 1], [-9, 21]), kolmogorovSmirnov: 0.5 });
});
