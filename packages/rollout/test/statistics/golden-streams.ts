import { readGolden } from '../support/goldens.ts';

/** Generator of the values of a golden file. */
interface GoldenStream {
  readonly kind: 'uniform' | 'gauss12' | 'bernoulli' | 'ab';
  readonly seed: number;
  readonly n: number;
  readonly shift?: number;
  readonly p?: number;
  readonly pA?: number;
  readonly pB?: number;
}

interface StreamCheck {
  readonly sum?: number;
  readonly first?: readonly number[];
  readonly last?: readonly number[];
  readonly arm_b?: number;
  readonly successes?: number;
  readonly first_arms?: readonly number[];
  readonly first_outcomes?: readonly number[];
}

/** Values of one method at the checkpoints; infinities are strings. */
interface GoldenValues {
  readonly log_e: readonly number[];
  readonly p: readonly number[];
  readonly estimate: readonly number[];
  readonly lower: readonly (number | string)[];
  readonly upper: readonly (number | string)[];
  readonly rho: number;
  readonly stopping_time: number | null;
}

interface GoldenInterval {
  readonly estimate: number;
  readonly stddev: number;
  readonly sequential_ci: readonly [number, number];
  readonly sequential_p: number;
}

interface GoldenPeek {
  readonly t: number;
  readonly n_a: number;
  readonly sum_a: number;
  readonly n_b: number;
  readonly sum_b: number;
  readonly 'absolute proportion': GoldenInterval;
  readonly 'absolute mean': GoldenInterval;
  readonly 'relative proportion': GoldenInterval;
  readonly 'relative mean': GoldenInterval;
}

interface GoldenFile {
  readonly stream: GoldenStream;
  readonly stream_check: StreamCheck;
  readonly checkpoints: readonly number[];
  readonly ville: { readonly values: Readonly<Record<string, GoldenValues>> };
  readonly confseq: { readonly values: Readonly<Record<string, GoldenValues>> };
  readonly gbstats?: { readonly peeks: readonly GoldenPeek[] };
}

/** A golden file with the values from which its results were computed. */
export interface Golden {
  readonly values: readonly number[];
  /** 1 for a value of variant B; only of `ab_null` and `ab_effect`. */
  readonly arms: readonly number[];
  readonly checkpoints: readonly number[];
  readonly peeks: readonly GoldenPeek[];
  /** Names of the methods that begin so. */
  villeMethods(start: string): readonly string[];
  /** Results of the method whose name begins so. */
  ville(method: string): GoldenValues;
  confseqMethods(start: string): readonly string[];
  confseq(method: string): GoldenValues;
}

/** Reads a file of `sequential/` and generates its values, which must agree with their check. */
export function readSequentialGolden(name: string): Golden {
  const golden = readGolden(`sequential/${name}.json`) as GoldenFile;
  const { values, arms } = generate(golden.stream);
  const check: StreamCheck =
    golden.stream.kind === 'ab'
      ? {
          arm_b: sumOf(arms),
          successes: sumOf(values),
          first_arms: arms.slice(0, 10),
          first_outcomes: values.slice(0, 10),
        }
      : { sum: sumOf(values), first: values.slice(0, 5), last: values.slice(-3) };
  if (JSON.stringify(check) !== JSON.stringify(golden.stream_check)) {
    throw new Error(
      `${name}: generated ${JSON.stringify(check)}, not ${JSON.stringify(golden.stream_check)}.`,
    );
  }
  const find = (library: 'ville' | 'confseq', method: string): GoldenValues => {
    const found = Object.entries(golden[library].values).find(([key]) => key.startsWith(method));
    if (found === undefined) throw new Error(`${name} has no ${method} of ${library}.`);
    return found[1];
  };
  const methods = (library: 'ville' | 'confseq', start: string): readonly string[] =>
    Object.keys(golden[library].values).filter((method) => method.startsWith(start));
  return {
    values,
    arms,
    checkpoints: golden.checkpoints,
    peeks: golden.gbstats?.peeks ?? [],
    villeMethods: (start) => methods('ville', start),
    confseqMethods: (start) => methods('confseq', start),
    ville: (method) => find('ville', method),
    confseq: (method) => find('confseq', method),
  };
}

function generate({ kind, seed, n, shift = 0, p = 0, pA = 0, pB = 0 }: GoldenStream): {
  values: readonly number[];
  arms: readonly number[];
} {
  let x = seed;
  const uniform = (): number => {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    return x / 2 ** 32;
  };
  const arms: number[] = [];
  const values = Array.from({ length: n }, () => {
    if (kind === 'uniform') return uniform();
    if (kind === 'bernoulli') return uniform() < p ? 1 : 0;
    if (kind === 'gauss12') {
      let sum = 0;
      for (let i = 0; i < 12; i += 1) sum += uniform();
      return sum - 6 + shift;
    }
    const arm = uniform() < 0.5 ? 1 : 0;
    arms.push(arm);
    return uniform() < (arm === 1 ? pB : pA) ? 1 : 0;
  });
  return { values, arms };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Numbers of the golden files: infinities are strings. */
export function goldenNumber(value: number | string | undefined): number {
  return value === undefined ? NaN : Number(value);
}

/** Error of a value relative to the expected one; values below 1e-3 are compared as if they were 1e-3, since they are differences of larger ones. */
export function relativeError(value: number, expected: number): number {
  if (value === expected) return 0;
  return Math.abs(value - expected) / Math.max(Math.abs(expected), 1e-3);
}
