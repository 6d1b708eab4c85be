import { logGamma } from './special-functions.ts';

const MAX_EXACT = 140;

/**
 * Upper tail of the Kolmogorov–Smirnov statistic of one sample of n values: of `kstwo` in SciPy.
 *
 * Source: R. Simard and P. L'Ecuyer, "Computing the two-sided Kolmogorov–Smirnov distribution" (2011)
 */
export function oneSampleSf(statistic: number, n: number): number {
  if (statistic <= 0.5 / n) return 1;
  if (statistic >= 1) return 0;
  const square = n * statistic * statistic;
  // Both one-sided statistics are that large in no sample, or hardly any.
  if (statistic >= 0.5 || square >= (n <= MAX_EXACT ? 4 : 2.2)) {
    return Math.min(1, 2 * oneSidedSf(statistic, n));
  }
  return 1 - (n <= MAX_EXACT ? matrixCdf(statistic, n) : pelzGoodCdf(statistic, n));
}

/** Upper tail of the one-sided statistic, by the sum of Birnbaum and Tingey. */
function oneSidedSf(x: number, n: number): number {
  let sum = 0;
  for (let j = 0; j <= Math.floor(n * (1 - x)); j += 1) {
    const [low, high] = [x + j / n, 1 - x - j / n];
    if (high <= 0) continue;
    const logChoose = logGamma(n + 1) - logGamma(j + 1) - logGamma(n - j + 1);
    sum += Math.exp(logChoose + (j - 1) * Math.log(low) + (n - j) * Math.log(high));
  }
  return x * sum;
}

/** Cumulative distribution for few values: G. Marsaglia, W. W. Tsang and J. Wang, "Evaluating Kolmogorov's distribution" (2003). */
function matrixCdf(x: number, n: number): number {
  const k = Math.floor(n * x) + 1;
  const size = 2 * k - 1;
  const h = k - n * x;
  const matrix = Array.from({ length: size }, (_, row) =>
    Float64Array.from({ length: size }, (_cell, column) => (row - column + 1 < 0 ? 0 : 1)),
  );
  const cell = (row: number, column: number): number => matrix[row]?.[column] ?? 0;
  const set = (row: number, column: number, value: number): void => {
    const cells = matrix[row];
    if (cells) cells[column] = value;
  };
  for (let row = 0; row < size; row += 1) {
    set(row, 0, cell(row, 0) - h ** (row + 1));
    set(size - 1, row, cell(size - 1, row) - h ** (size - row));
  }
  set(size - 1, 0, cell(size - 1, 0) + (2 * h - 1 > 0 ? (2 * h - 1) ** size : 0));
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      for (let g = 1; g <= row - column + 1; g += 1) set(row, column, cell(row, column) / g);
    }
  }
  let power = powerOf(matrix, n)[k - 1]?.[k - 1] ?? 0;
  for (let i = 1; i <= n; i += 1) power *= i / n;
  return power;
}

type Matrix = readonly Float64Array[];

function powerOf(matrix: Matrix, exponent: number): Matrix {
  if (exponent === 1) return matrix;
  const half = powerOf(matrix, Math.floor(exponent / 2));
  const square = multiply(half, half);
  return exponent % 2 === 0 ? square : multiply(square, matrix);
}

function multiply(left: Matrix, right: Matrix): Matrix {
  return left.map((row) => {
    const product = new Float64Array(row.length);
    for (const [index, factor] of row.entries()) {
      if (factor === 0) continue;
      for (const [column, value] of (right[index] ?? []).entries()) {
        product[column] = (product[column] ?? 0) + factor * value;
      }
    }
    return product;
  });
}

/** Cumulative distribution for many values: W. Pelz and I. J. Good, "Approximating the lower tail areas of the Kolmogorov–Smirnov one-sample statistic" (1976). */
function pelzGoodCdf(x: number, n: number): number {
  const z = Math.sqrt(n) * x;
  const [z2, z4, z6, z8] = [z ** 2, z ** 4, z ** 6, z ** 8];
  const root = Math.sqrt(Math.PI / 2);
  const terms = [0, 0, 0, 0];
  const add = (index: number, value: number): void => {
    terms[index] = (terms[index] ?? 0) + value;
  };
  for (let k = -20; k <= 20; k += 1) {
    const odd = (Math.PI * (k + 0.5)) ** 2;
    const even = (Math.PI * k) ** 2;
    const [ofOdd, ofEven] = [Math.exp(-odd / (2 * z2)), Math.exp(-even / (2 * z2))];
    add(0, (root / z) * ofOdd);
    add(1, ((root * (odd - z2)) / (6 * z4)) * ofOdd);
    const second = 6 * z6 + 2 * z4 + odd * (2 * z4 - 5 * z2) + odd ** 2 * (1 - 2 * z2);
    add(2, ((root * second) / (72 * z ** 7)) * ofOdd - ((root * even) / (36 * z ** 3)) * ofEven);
    const third =
      odd ** 3 * (5 - 30 * z2) +
      odd ** 2 * (-60 * z2 + 212 * z4) +
      odd * (135 * z4 - 96 * z6) -
      (30 * z6 + 90 * z8);
    add(3, ((root * third) / (6480 * z ** 10)) * ofOdd);
    add(3, ((root * (3 * even * z2 - even ** 2)) / (216 * z6)) * ofEven);
  }
  return terms.reduce((sum, term, index) => sum + term / n ** (index / 2), 0);
}
