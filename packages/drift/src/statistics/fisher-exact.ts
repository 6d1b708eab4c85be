import { logGamma, normalSf } from './special-functions.ts';

/** Variance from which on the normal distribution is near enough: the sum would have as many terms as 40 standard deviations. */
const MAX_VARIANCE = 10_000;

/**
 * Returns the probability that a sample of n rows has `current` marked rows or a number further from its expectation, in the same direction, when n + m rows with
 * `current + reference` marked ones are split at random; doubled, as the direction isn't known before.
 *
 * Valid also for few marked rows, where a chi-square test isn't.
 */
export function fisherP(reference: number, m: number, current: number, n: number): number {
  const marked = reference + current;
  const rest = m + n - marked;
  const logChoose = (from: number, count: number): number =>
    logGamma(from + 1) - logGamma(count + 1) - logGamma(from - count + 1);
  const variance = (((marked * rest) / (m + n)) * ((n / (m + n)) * m)) / (m + n - 1);
  if (variance > MAX_VARIANCE) {
    const distance = Math.abs(current - (marked * n) / (m + n)) - 0.5;
    return Math.min(1, 2 * normalSf(Math.max(0, distance) / Math.sqrt(variance)));
  }
  const isHigh = current * m >= reference * n;
  const step = isHigh ? 1 : -1;
  const last = isHigh ? Math.min(marked, n) : Math.max(0, n - rest);
  let term = Math.exp(
    logChoose(marked, current) + logChoose(rest, n - current) - logChoose(m + n, n),
  );
  let sum = term;
  for (let count = current; count !== last && term > sum * 1e-17; count += step) {
    term *= isHigh
      ? ((marked - count) * (n - count)) / ((count + 1) * (rest - n + count + 1))
      : (count * (rest - n + count)) / ((marked - count + 1) * (n - count + 1));
    sum += term;
  }
  return Math.min(1, 2 * sum);
}
