import { readdirSync, readFileSync } from 'node:fs';

type Value = number | string | boolean | null;

/** A column of a golden file: its values, or the generator of them. */
interface Column {
  readonly dtype: string;
  readonly values?: readonly Value[];
  readonly generator?: Readonly<Record<string, number | string>>;
  readonly first?: readonly Value[];
}

/** Distances of two samples in the same bins. */
export interface DistancesGolden {
  readonly reference_counts: readonly number[];
  readonly current_counts: readonly number[];
  readonly jensenshannon_base_2: number;
  readonly psi_jeffreys: number;
  readonly hellinger_norm: number;
  readonly total_variation: number;
  readonly l_infinity: number;
  readonly ks_binned: number;
}

/** Figures of one set of bins. */
interface BinnedGolden extends DistancesGolden {
  readonly edges: readonly number[];
  readonly chi2_contingency: ChiSquareGolden | null;
}

/** Figures of SciPy: distances of categories, or tests of two samples. */
interface ScipyGolden extends DistancesGolden {
  readonly contingency: ChiSquareGolden | null;
  readonly goodness_of_fit: ChiSquareGolden | null;
  readonly ks_2samp: {
    readonly D: number;
    readonly location: number;
    readonly sign: number;
    readonly p_limit: number;
    readonly p_exact?: number;
  };
  readonly wasserstein_distance: number;
}

/** Figures of a chi-square test. */
export interface ChiSquareGolden {
  readonly statistic: number | string;
  readonly p: number;
  readonly df: number;
}

/** A pair of columns with figures of SciPy, Evidently and NannyML. */
export interface Golden {
  readonly id: string;
  readonly kind: 'numerical' | 'categorical';
  readonly reference: readonly Value[];
  readonly current: readonly Value[];
  /** Type of the columns in pandas. */
  readonly dtype: string;
  readonly binned: Readonly<Record<string, BinnedGolden>>;
  readonly scipy: ScipyGolden;
  readonly evidently: Readonly<Record<string, unknown>>;
  readonly nannyml: Readonly<Record<string, unknown>>;
}

/** Reads all pairs of one kind. */
export function readGoldens(kind: Golden['kind']): readonly Golden[] {
  const folder = new URL('../goldens/univariate/', import.meta.url);
  return readdirSync(folder)
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as RawGolden)
    .filter((golden) => golden.kind === kind)
    .map((golden) => ({
      ...golden,
      dtype: golden.reference.dtype,
      binned: golden.binned ?? {},
      reference: valuesOf(golden.reference),
      current: valuesOf(golden.current),
    }));
}

type RawGolden = Omit<Golden, 'reference' | 'current' | 'binned' | 'dtype'> & {
  readonly reference: Column;
  readonly current: Column;
  readonly binned?: Golden['binned'];
};

/** Numbers of a column, without missing values. */
export function numbersOf(values: readonly Value[]): readonly number[] {
  return values.filter((value): value is number => typeof value === 'number');
}

function valuesOf({ values, generator, first = [] }: Column): readonly Value[] {
  if (values !== undefined) return values;
  const made = generate(generator ?? {});
  for (const [index, value] of first.entries()) {
    if (made[index] !== value)
      throw new Error(`value ${index} is ${String(made[index])}, not ${String(value)}`);
  }
  return made;
}

/** Numbers of a linear congruential generator, as the README of the goldens describes them. */
function generate(options: Readonly<Record<string, number | string>>): readonly Value[] {
  const { kind } = options;
  const number = (name: string, fallback: number): number => Number(options[name] ?? fallback);
  let x = number('seed', 0);
  const next = (): number => {
    x = (Math.imul(1_664_525, x) + 1_013_904_223) >>> 0;
    return x / 2 ** 32;
  };
  return Array.from({ length: number('n', 0) }, () => {
    if (kind === 'gauss12') {
      let sum = -6;
      for (let count = 0; count < 12; count += 1) sum += next();
      return sum * number('scale', 1) + number('shift', 0);
    }
    if (kind === 'pareto') return number('scale', 1) / (1 - next());
    if (kind === 'two_sided') {
      next();
      const v = (x + 0.5) / 2 ** 32;
      return (v - 0.5) / (v * (1 - v)) + number('shift', 0);
    }
    if (kind === 'clz') {
      next();
      return `c${Math.clz32(x)}`;
    }
    if (kind === 'square') {
      const u = next();
      return `k${Math.trunc(number('m', 0) * u * u)}`;
    }
    throw new Error(`no generator ${String(kind)}`);
  });
}
