import { chiSquareTest, DriftError, goodnessOfFit } from '@fairlead/drift';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import * as distances from '../../src/statistics/distances.ts';
import { total } from '../../src/statistics/paired-counts.ts';
import { readGoldens, type ChiSquareGolden, type DistancesGolden } from '../support/goldens.ts';

const numerical = readGoldens('numerical').flatMap(({ id, binned }) =>
  Object.entries(binned).map(([edges, golden]) => ({ name: `${id} on ${edges}`, golden })),
);
const categorical = readGoldens('categorical').map(({ id, scipy }) => ({
  name: id,
  golden: scipy,
}));

function expectClose(found: number, expected: number): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-12 + 1e-10 * Math.abs(expected));
}

function expectTest(found: ReturnType<typeof chiSquareTest>, golden: ChiSquareGolden | null): void {
  // A single category can't differ.
  if (golden === null || golden.df === 0) {
    expect(found).toBeUndefined();
    return;
  }
  expect(found?.df).toBe(golden.df);
  if (golden.statistic === 'Infinity') expect(found?.statistic).toBe(Infinity);
  else expectClose(found?.statistic ?? NaN, Number(golden.statistic));
  expectClose(found?.p ?? NaN, golden.p);
}

describe.each([...numerical, ...categorical])('distances of $name', ({ golden }) => {
  const counts = { reference: golden.reference_counts, current: golden.current_counts };

  test.each([
    ['psi_jeffreys', distances.populationStability],
    ['jensenshannon_base_2', distances.jensenShannon],
    ['hellinger_norm', distances.hellinger],
    ['total_variation', distances.totalVariation],
    ['l_infinity', distances.lInfinity],
    ['ks_binned', distances.binnedKolmogorovSmirnov],
  ] as const)('%s', (name, distance) => {
    expectClose(distance(counts), (golden as DistancesGolden)[name]);
  });
});

test.each(numerical)('chi-square test of $name', ({ golden }) => {
  const counts = { reference: golden.reference_counts, current: golden.current_counts };
  expectTest(chiSquareTest(counts), golden.chi2_contingency);
});

test.each(categorical)('chi-square tests of $name', ({ golden }) => {
  const counts = { reference: golden.reference_counts, current: golden.current_counts };
  expectTest(chiSquareTest(counts), golden.contingency ?? null);
  expectTest(goodnessOfFit(counts), golden.goodness_of_fit ?? null);
});

test('equal shares of samples of any size have no distance', () => {
  const counts = fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 2, maxLength: 70 });
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 1_000 }), (reference, factor) => {
      fc.pre(total(reference) > 0);
      const pair = { reference, current: reference.map((count) => count * factor) };
      for (const name of [
        'jensenShannon',
        'hellinger',
        'totalVariation',
        'lInfinity',
        'binnedKolmogorovSmirnov',
      ] as const) {
        expect(distances[name](pair)).toBe(0);
      }
    }),
  );
});

test('samples without a common bin have the largest distance', () => {
  const counts = { reference: [3, 0, 4, 0], current: [0, 5, 0, 1] };
  for (const name of ['jensenShannon', 'hellinger', 'totalVariation'] as const) {
    expect(distances[name](counts)).toBeCloseTo(1, 14);
  }
});

test('an empty sample has no distance and no test', () => {
  const counts = { reference: [3, 1], current: [0, 0] };
  for (const name of ['jensenShannon', 'hellinger', 'totalVariation', 'lInfinity'] as const) {
    expect(distances[name](counts)).toBeNaN();
  }
  expect(distances.binnedKolmogorovSmirnov(counts)).toBeNaN();
  expect([chiSquareTest(counts), goodnessOfFit(counts)]).toEqual([undefined, undefined]);
});

test.each([
  [undefined, /expected \{ reference, current \} with two arrays of counts, got undefined/],
  [{ reference: [1, 2] }, /got object/],
  [{ reference: [1, 2], current: [1] }, /the reference has 2 counts and the current sample 1/],
  [{ reference: [1, -2], current: [1, 1] }, /-2 is not a count/],
  [{ reference: [1, 2], current: [1, NaN] }, /NaN is not a count/],
  [{ reference: [1, 2], current: ['1', 1] }, /"1" is not a count/],
])('counts %j are rejected with a message that says why', (counts, message) => {
  for (const distance of [...Object.values(distances), chiSquareTest, goodnessOfFit]) {
    let error: unknown;
    try {
      distance(counts as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DriftError);
    expect((error as DriftError).code).toBe('ERR_DRIFT_INVALID_OPTION');
    expect((error as DriftError).message).toMatch(message);
  }
});
