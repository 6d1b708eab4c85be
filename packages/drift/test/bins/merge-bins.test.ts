import { expect, test } from 'vitest';
import { mergeNeighbors, poolRare } from '../../src/bins/merge-bins.ts';

test('64 bins of a quantile each are merged by four', () => {
  const reference = new Array<number>(64).fill(10);
  const merged = mergeNeighbors({ reference, current: [...reference.keys()] }, 16);
  expect(merged.reference).toEqual(new Array(16).fill(40));
  expect(merged.current.slice(0, 2)).toEqual([6, 22]);
});

test('bins of unequal shares are merged to similar ones, and each row is in one', () => {
  const reference = [0, 900, ...new Array<number>(40).fill(5), 0, 0];
  const current = reference.map((_, bin) => bin);
  const merged = mergeNeighbors({ reference, current }, 16);
  expect(merged.reference.length).toBeLessThanOrEqual(16);
  expect(merged.reference[0]).toBe(900);
  const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
  expect([sum(merged.reference), sum(merged.current)]).toEqual([sum(reference), sum(current)]);
});

test('16 bins stay', () => {
  const counts = {
    reference: [1, ...new Array<number>(15).fill(0)],
    current: new Array<number>(16).fill(1),
  };
  expect(mergeNeighbors(counts, 16)).toBe(counts);
});

test('categories of which five rows are expected stay, the others are pooled', () => {
  const counts = { reference: [500, 300, 120, 50, 30, 0], current: [50, 30, 10, 4, 3, 3] };
  expect(poolRare(counts, 100)).toEqual({
    reference: [500, 300, 120, 80],
    current: [50, 30, 10, 10],
  });
});

test('pooled categories without enough rows join the rarest of the others', () => {
  const counts = { reference: [900, 98, 2, 0], current: [90, 8, 1, 1] };
  expect(poolRare(counts, 100)).toEqual({ reference: [900, 100], current: [90, 10] });
});

test('categories that are all rare are one', () => {
  expect(poolRare({ reference: [1, 1, 1], current: [3, 0, 0] }, 3)).toEqual({
    reference: [3],
    current: [3],
  });
});
