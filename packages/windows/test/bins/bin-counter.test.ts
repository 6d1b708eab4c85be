import { BinCounter, type Bins, countedValues, mergeCounts, WindowsError } from '@fairlead/windows';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const edges: Bins = { kind: 'edges', edges: [0, 1, 2] };
const values: Bins = { kind: 'values', values: [0, 1, 5] };
const categories: Bins = { kind: 'categories', categories: ['blue', 'grün', 'false', 'true'] };

function count(bins: Bins, numbers: readonly number[]) {
  const counter = new BinCounter(bins);
  for (const number of numbers) counter.addNumber(number);
  return counter.counts();
}

test('numbers out of range are counted apart, with their sums; the last bin is closed', () => {
  expect(count(edges, [0, 0.5, 1, 2, -1, -3, 7, NaN, Infinity, -Infinity])).toEqual({
    counts: [2, 2],
    missing: 3,
    other: 0,
    under: 2,
    over: 1,
    underSum: [-4],
    overSum: [7],
    sum: [6.5],
    min: -3,
    max: 7,
  });
});

test('a number between those of the bins counts as other', () => {
  expect(count(values, [0, 1, 1, 3, 5, 6, -1])).toMatchObject({
    counts: [1, 2, 1],
    other: 1,
    under: 1,
    over: 1,
  });
});

test('bins of a column without any number count every number as other', () => {
  expect(count({ kind: 'values', values: [] }, [3, NaN])).toMatchObject({
    counts: [],
    other: 1,
    under: 0,
    missing: 1,
  });
});

test('texts, bytes and booleans find their categories; others count as other', () => {
  const counter = new BinCounter(categories);
  counter.addText('blue');
  counter.addBytes(Buffer.from('grün'));
  counter.addBytes(Buffer.from('gruen'));
  counter.addBytes(Buffer.alloc(10_000_000));
  counter.addBytes(new Uint8Array(0));
  counter.addBoolean(true);
  counter.addBoolean(false, 4);
  counter.addMissing(2);
  expect(counter.counts()).toMatchObject({ counts: [1, 1, 4, 1], other: 3, missing: 2 });
  counter.clear();
  expect(countedValues(counter.counts())).toBe(0);
});

test('a thousand categories are found by their bytes', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `c${(index * 2654435761) >>> 0}`);
  const counter = new BinCounter({ kind: 'categories', categories: names });
  for (const name of names) counter.addBytes(Buffer.from(name));
  expect(counter.counts()).toMatchObject({ counts: names.map(() => 1), other: 0 });
});

test('a weight counts a value as often, and its sums with it', () => {
  const counter = new BinCounter(edges);
  counter.addNumbers(Float64Array.of(0.5, 9, 8), 2, 4);
  expect(counter.counts()).toMatchObject({ counts: [4, 0], over: 4, overSum: [36], sum: [38] });
});

test('any partition and order of merges equals one counter that saw every value', () => {
  const number = fc.oneof(
    fc.double({ noNaN: false }),
    fc.integer({ min: -3, max: 8 }),
    fc.constantFrom(1e300, -1e300, 1e-300, 0.1, -0.1, 2 ** 53),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(number, { maxLength: 20 }), { minLength: 1, maxLength: 6 }),
      fc.constantFrom(edges, values),
      fc.infiniteStream(fc.nat()),
      (parts, bins, random) => {
        const whole = count(bins, parts.flat());
        const open = parts.map((part) => count(bins, part));
        while (open.length > 1) {
          const take = () => open.splice((random.next().value as number) % open.length, 1);
          const [left] = take();
          const [right] = take();
          if (left !== undefined && right !== undefined) open.push(mergeCounts([left, right]));
        }
        expect(open[0]).toEqual(whole);
        const all = parts.map((part) => count(bins, part));
        expect(mergeCounts(all)).toEqual(whole);
      },
    ),
  );
});

test('sums are rounded once: the first number is the nearest one', () => {
  const tenths = count(edges, new Array<number>(10).fill(0.1));
  // 0.1 is 0.1000000000000000055…; adding it ten times with rounding gives 0.9999999999999999.
  expect(tenths.sum[0]).toBe(1);
  expect(count(edges, [1e300, 1, -1e300]).sum).toEqual([1]);
});

test('numbers near the largest one do not overflow a sum', () => {
  const { sum, overSum } = count(edges, new Array<number>(1000).fill(Number.MAX_VALUE));
  expect(sum).toEqual([1000 * 2 ** 960]);
  expect(overSum).toEqual(sum);
});

test('counts of different bins cannot be merged', () => {
  const merge = () => mergeCounts([count(edges, []), count(values, [])]);
  expect(merge).toThrow(WindowsError);
  expect(merge).toThrow('counts of 2 and of 3 bins');
  expect(() => mergeCounts([])).toThrow('there are no counts to merge');
});
