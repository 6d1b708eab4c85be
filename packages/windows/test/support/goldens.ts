import { readFileSync } from 'node:fs';

interface Sample {
  readonly values?: readonly number[];
  readonly sameAs?: string;
  readonly generator?: { readonly seed: number; readonly n: number; readonly scale?: number };
}

/** Edges and counts that NumPy computed, with the columns. */
export interface QuantileGolden {
  readonly id: string;
  readonly reference: readonly number[];
  readonly current: readonly number[];
  readonly edges: readonly number[];
  /** Under, bins, over. */
  readonly referenceCounts: readonly number[];
  readonly currentCounts: readonly number[];
  readonly mean: number;
  readonly standardDeviation: number;
}

type Stored = Omit<QuantileGolden, 'reference' | 'current'> & {
  readonly reference: Sample;
  readonly current: Sample;
};

const file = new URL('../goldens/quantile-edges.json', import.meta.url);
const stored = JSON.parse(readFileSync(file, 'utf8')) as readonly Stored[];

export const quantileGoldens: readonly QuantileGolden[] = stored.map((golden) => ({
  ...golden,
  reference: valuesOf(golden.reference),
  current: valuesOf(golden.current),
}));

function valuesOf({ values, sameAs, generator }: Sample): readonly number[] {
  if (values !== undefined) return values;
  if (generator !== undefined) return pareto(generator);
  return valuesOf(stored.find(({ id }) => id === sameAs)?.reference ?? {});
}

function pareto({ seed, n, scale = 1 }: NonNullable<Sample['generator']>): number[] {
  let x = seed;
  return Array.from({ length: n }, () => {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    return scale / (1 - x / 2 ** 32);
  });
}
