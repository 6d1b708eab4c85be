/** Sums numbers in the order in which NumPy does, so that rounding is the same. */
export function pairwiseSum(values: ArrayLike<number>, from = 0, size = values.length): number {
  const at = (index: number): number => values[from + index] ?? 0;
  if (size < 8) {
    let sum = 0;
    for (let index = 0; index < size; index += 1) sum += at(index);
    return sum;
  }
  if (size > 128) {
    const half = Math.floor(size / 2 / 8) * 8;
    return pairwiseSum(values, from, half) + pairwiseSum(values, from + half, size - half);
  }
  const parts = Array.from({ length: 8 }, (_, index) => at(index));
  let index = 8;
  for (; index < size - (size % 8); index += 8) {
    for (let part = 0; part < 8; part += 1) parts[part] = (parts[part] ?? 0) + at(index + part);
  }
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = parts;
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (; index < size; index += 1) sum += at(index);
  return sum;
}

/** Mean, as `numpy.mean` computes it. */
export function mean(values: ArrayLike<number>): number {
  return pairwiseSum(values) / values.length;
}

/** Standard deviation with n in the denominator, as `numpy.std` computes it. */
export function standardDeviation(values: ArrayLike<number>): number {
  const center = mean(values);
  return Math.sqrt(mean(Float64Array.from(values, (value) => (value - center) ** 2)));
}

/** Rule for the number of bins of `numpy.histogram_bin_edges`. */
export type BinRule = 'sturges' | 'doane';

/** Edges as `numpy.histogram_bin_edges` computes them; the width of bins of whole numbers is 1 or more. */
export function histogramEdges(
  values: ArrayLike<number>,
  rule: BinRule,
  wholeNumbers: boolean,
): readonly number[] {
  let first = Infinity;
  let last = -Infinity;
  for (const value of Array.from(values)) {
    first = Math.min(first, value);
    last = Math.max(last, value);
  }
  const ruled = (last - first) / (rule === 'sturges' ? sturges(values) : doane(values));
  const width = wholeNumbers && ruled > 0 && ruled < 1 ? 1 : ruled;
  if (first === last) return [first - 0.5, last + 0.5];
  return linearEdges(first, last, width > 0 ? Math.ceil((last - first) / width) : 1);
}

/** Edges of bins of equal width, as `numpy.linspace` computes them. */
export function linearEdges(first: number, last: number, bins: number): readonly number[] {
  const step = (last - first) / bins;
  return Array.from({ length: bins + 1 }, (_, edge) =>
    edge === bins ? last : edge * step + first,
  );
}

function sturges({ length }: ArrayLike<number>): number {
  return Math.log2(length) + 1;
}

function doane(values: ArrayLike<number>): number {
  const size = values.length;
  const deviation = standardDeviation(values);
  if (size <= 2 || deviation === 0) return Infinity;
  const center = mean(values);
  const skewness = mean(Float64Array.from(values, (value) => ((value - center) / deviation) ** 3));
  const error = Math.sqrt((6 * (size - 2)) / ((size + 1) * (size + 3)));
  return 1 + Math.log2(size) + Math.log2(1 + Math.abs(skewness) / error);
}

/** Counts as `numpy.histogram` does: the last bin is closed, values outside are ignored. */
export function histogram(values: ArrayLike<number>, edges: readonly number[]): readonly number[] {
  const counts = new Array<number>(edges.length - 1).fill(0);
  const last = edges.at(-1) ?? NaN;
  for (const value of Array.from(values)) {
    if (value < (edges[0] ?? NaN) || value > last) continue;
    const bin = value === last ? counts.length - 1 : upperBound(edges, value) - 1;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** Index of the first edge above a value. */
function upperBound(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
