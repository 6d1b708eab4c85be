import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import * as special from '../../src/statistics/special-functions.ts';

interface Row {
  readonly args: readonly [number, ...number[]];
  readonly value: number;
}

const { functions } = JSON.parse(
  readFileSync(new URL('../goldens/special-functions.json', import.meta.url), 'utf8'),
) as { readonly functions: Readonly<Record<string, readonly Row[]>> };

type Evaluate = (...args: readonly [number, ...number[]]) => number;
const implementations: Readonly<Record<string, Evaluate>> = {
  lgamma: (x) => special.logGamma(x),
  betaln: (a, b = 0) => special.logBeta(a, b),
  gamma_p: (a, x = 0) => special.gammaP(a, x),
  gamma_q: (a, x = 0) => special.gammaQ(a, x),
  beta_i: (a, b = 0, x = 0) => special.betaI(a, b, x),
  norm_cdf: (x) => special.normalSf(-x),
  norm_ppf: (p) => special.normalQuantile(p),
  chi2_sf: (x, df = 0) => special.chiSquareSf(x, df),
  chi2_isf: (p, df = 0) => special.chiSquareIsf(p, df),
  t_sf_two_sided: (t, df = 0) => special.studentSfTwoSided(t, df),
  t_ppf: (p, df = 0) => special.studentQuantile(p, df),
  kolmogorov_sf: (x) => special.kolmogorovSf(x),
};

describe.each(Object.entries(implementations))('%s', (name, evaluate) => {
  test.each(functions[name] ?? [])('of $args is that of mpmath to 1e-12', ({ args, value }) => {
    const found = evaluate(...args);
    expect(Math.abs(found - value)).toBeLessThanOrEqual(1e-12 * Math.abs(value));
  });
});

test('every function has rows', () => {
  expect(Object.keys(implementations).filter((name) => (functions[name] ?? []).length < 5)).toEqual(
    [],
  );
});

test('inverses return their argument', () => {
  for (let p = 0.003; p < 1; p += 0.031) {
    for (const df of [0.3, 1, 2, 15, 63, 5_000]) {
      expect(special.chiSquareSf(special.chiSquareIsf(p, df), df) / p).toBeCloseTo(1, 10);
      const t = special.studentQuantile(p, df);
      const tail = special.studentSfTwoSided(t, df) / 2;
      expect((p < 0.5 ? tail : 1 - tail) / p).toBeCloseTo(1, 9);
    }
    expect(1 - special.normalSf(special.normalQuantile(p))).toBeCloseTo(p, 12);
  }
});
