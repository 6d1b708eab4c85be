import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { oneSampleSf } from '../../src/statistics/kolmogorov-one-sample.ts';

const { functions } = JSON.parse(
  readFileSync(new URL('../goldens/special-functions.json', import.meta.url), 'utf8'),
) as {
  readonly functions: {
    readonly kstwo_sf: readonly {
      readonly args: readonly [number, number];
      readonly value: number;
    }[];
  };
};

test.each(functions.kstwo_sf)(
  'tail of $args is that of SciPy',
  ({ args: [statistic, n], value }) => {
    expect(Math.abs(oneSampleSf(statistic, n) / value - 1)).toBeLessThan(1e-6);
  },
);

test('the tail falls from 1 to 0', () => {
  for (const n of [1, 5, 60, 141, 2_000]) {
    let before = 1;
    for (let step = 0; step <= 20; step += 1) {
      const p = oneSampleSf((4 * step) / 20 / Math.sqrt(n), n);
      expect(p).toBeLessThanOrEqual(before + 1e-7);
      before = p;
    }
    expect(before).toBeLessThan(1e-12);
  }
});
