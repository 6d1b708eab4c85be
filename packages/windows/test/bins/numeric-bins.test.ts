import { BinCounter, numericBins } from '@fairlead/windows';
import { expect, test } from 'vitest';
import { nextUp } from '../../src/bins/next-up.ts';
import { quantileGoldens } from '../support/goldens.ts';

test.each(quantileGoldens)(
  "edges and counts of $id are NumPy's, apart from separate bins of repeated values",
  ({ reference, current, edges, referenceCounts, currentCounts }) => {
    const bins = numericBins(reference);
    if (bins.kind !== 'edges') throw new Error('expected edges');
    const isSeparate = bins.edges.map((edge, index) => edge === nextUp(bins.edges[index - 1] ?? 0));
    const plain = bins.edges.filter((_, index) => isSeparate[index] !== true);
    expect(plain).toEqual(edges);
    for (const [values, expected] of [
      [reference, referenceCounts],
      [current, currentCounts],
    ] as const) {
      const counter = new BinCounter(bins);
      for (const value of values) counter.addNumber(value);
      const { counts, under, over } = counter.counts();
      const merged = new Array<number>(edges.length - 1).fill(0);
      for (const [bin, count] of counts.entries()) {
        const edge = bins.edges[bin] ?? NaN;
        const target = Math.min(
          edges.findLastIndex((other) => other <= edge),
          merged.length - 1,
        );
        merged[target] = (merged[target] ?? 0) + count;
      }
      expect([under, ...merged, over]).toEqual(expected);
    }
  },
);

test('up to 64 distinct numbers have one bin each, 65 have quantiles', () => {
  const numbers = Array.from({ length: 65 }, (_, index) => 64 - index);
  expect(numericBins(numbers.slice(0, 64))).toEqual({
    kind: 'values',
    values: numbers.slice(0, 64).reverse(),
  });
  expect(numericBins(numbers)).toMatchObject({ kind: 'edges' });
});

test('a value that spans several quantiles has a separate bin, and so has a repeated maximum', () => {
  const spread = Array.from({ length: 630 }, (_, index) => 1 + index / 700);
  const bins = numericBins([...new Array<number>(300).fill(0), ...spread, 2, 2, 2]);
  const counter = new BinCounter(bins);
  for (const value of [0, 0, Number.MIN_VALUE, 1.9, 2, 2, 2]) counter.addNumber(value);
  const { counts } = counter.counts();
  expect(counts[0]).toBe(2);
  expect(counts[1]).toBe(1);
  expect(counts.at(-1)).toBe(3);
  if (bins.kind !== 'edges') throw new Error('expected edges');
  expect(bins.edges.slice(0, 2)).toEqual([0, Number.MIN_VALUE]);
  expect(bins.edges.slice(-2)).toEqual([2, nextUp(2)]);
  expect(new Set(bins.edges).size).toBe(bins.edges.length);
  expect(bins.edges.length).toBeLessThanOrEqual(65);
});

test('bins of extreme numbers are finite and ascending', () => {
  const numbers = Array.from({ length: 100 }, (_, index) => (index - 50) * 3e306);
  const values = [...numbers, Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE];
  const bins = numericBins(values);
  if (bins.kind !== 'edges') throw new Error('expected edges');
  expect(bins.edges.every(Number.isFinite)).toBe(true);
  expect(bins.edges).toEqual([...new Set(bins.edges)].sort((left, right) => left - right));
  expect(bins.edges[0]).toBe(-Number.MAX_VALUE);
  expect(bins.edges.at(-1)).toBe(Number.MAX_VALUE);
});

test('negative zero is zero', () => {
  const bins = numericBins([-0, 1]);
  expect(bins).toEqual({ kind: 'values', values: [0, 1] });
});
