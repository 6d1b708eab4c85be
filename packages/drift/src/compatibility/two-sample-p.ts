import { oneSampleSf } from '../statistics/kolmogorov-one-sample.ts';
import { exactP } from '../statistics/kolmogorov-smirnov.ts';

/** Largest sample for which SciPy computes the probability exactly. */
const MAX_EXACT = 10_000;

/** Probability of a Kolmogorov–Smirnov statistic of two samples, as `scipy.stats.ks_2samp` computes it by default. */
export function scipyKolmogorovSmirnovP(statistic: number, n: number, m: number): number {
  if (Math.max(n, m) <= MAX_EXACT) return exactP(statistic, n, m);
  // SciPy rounds half to even.
  const effective = (n * m) / (n + m);
  const rounded = Math.round(effective);
  const isTie = rounded - effective === 0.5 && rounded % 2 === 1;
  return oneSampleSf(statistic, isTie ? rounded - 1 : rounded);
}
