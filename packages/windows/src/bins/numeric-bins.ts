import { MAX_VALUE_BINS, type EdgeBins, type ValueBins } from './bins.ts';
import { nextUp } from './next-up.ts';

/** Number of quantiles: the minimum, the maximum, and 62 between them. */
const QUANTILES = 64;

/**
 * Returns bins for numbers like the given ones: one for each of up to 64 distinct values, else quantiles as
 * `numpy.quantile(values, numpy.linspace(0, 1, 64))` computes them, with separate bins for values that span several quantiles, and for a maximum
 * that repeats.
 *
 * @param values - finite numbers, at least one
 *
 * @example
 * ```ts
 * import { numericBins } from '@fairlead/windows';
 *
 * console.log(numericBins([3, 1, 3])); // { kind: 'values', values: [ 1, 3 ] }
 * console.log(numericBins(Array.from({ length: 127 }, (_, index) => index)).kind); // edges
 * ```
 */
export function numericBins(values: ArrayLike<number>): EdgeBins | ValueBins {
  return binsOfSorted(Float64Array.from(values).sort());
}

/** Bins of numbers that are sorted in ascending order. */
export function binsOfSorted(sorted: Float64Array): EdgeBins | ValueBins {
  const values: number[] = [];
  for (const value of sorted) {
    // −0 is 0.
    if (value !== values.at(-1)) values.push(value + 0);
    if (values.length > MAX_VALUE_BINS) return { kind: 'edges', edges: quantileEdges(sorted) };
  }
  return { kind: 'values', values };
}

function quantileEdges(sorted: Float64Array): number[] {
  const edges: number[] = [];
  const addEdge = (edge: number): void => {
    const last = edges.at(-1);
    if (last === undefined || edge > last) edges.push(edge + 0);
  };
  let previous = NaN;
  for (let index = 0; index < QUANTILES; index += 1) {
    // Shares as `numpy.linspace(0, 1, 64)` has them.
    const share = index === QUANTILES - 1 ? 1 : index * (1 / (QUANTILES - 1));
    const edge = quantile(sorted, share);
    // A value of several quantiles: its bin ends where the next number begins.
    addEdge(edge === previous ? nextUp(edge) : edge);
    previous = edge;
  }
  const max = sorted.at(-1) ?? NaN;
  if (sorted.at(-2) === max) addEdge(nextUp(max));
  return edges.filter(Number.isFinite);
}

/** Linear interpolation, as `numpy.quantile` computes it, to the last bit. */
function quantile(sorted: Float64Array, share: number): number {
  const position = (sorted.length - 1) * share;
  const index = Math.floor(position);
  const low = sorted[index] ?? NaN;
  const high = sorted[Math.min(index + 1, sorted.length - 1)] ?? NaN;
  const fraction = position - index;
  const step = high - low;
  const value = fraction >= 0.5 ? high - step * (1 - fraction) : low + step * fraction;
  // Rounding must not leave the interval; the difference of two finite numbers may be infinite.
  if (Number.isFinite(step)) return Math.min(Math.max(value, low), high);
  return low * (1 - fraction) + high * fraction;
}
