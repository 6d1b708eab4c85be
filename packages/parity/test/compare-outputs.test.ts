import type { JsonTensor } from '@fairlead/signature';
import { compareOutputs, parityHtml } from '@fairlead/parity';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const scores = (...data: (number | null)[]): JsonTensor => ({
  name: 'scores',
  datatype: 'FP64',
  shape: [data.length / 2, 2],
  data,
});
const label = (...data: number[]): JsonTensor => ({
  name: 'label',
  datatype: 'INT64',
  shape: [data.length],
  data,
});
const x = (...data: number[]): JsonTensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [data.length, 1],
  data,
});

test('finds the largest differences and their positions over several cases', () => {
  const report = compareOutputs([
    {
      inputs: [x(1, 2)],
      expected: [scores(0.5, 0.5, 0.25, 0.75), label(0, 1)],
      actual: [label(0, 1), scores(0.5, 0.5, 0.25, 0.75)],
    },
    {
      inputs: [x(3, 4)],
      expected: [scores(0.5, 0.5, 0.125, 0.875), label(0, 1)],
      actual: [scores(0.5, 0.5, 0.625, 0.75), label(0, 1)],
    },
  ]);
  expect(report).toMatchObject({
    rows: 4,
    parity: 0.5,
    outputs: [
      { name: 'scores', elements: 8, maxAbsolute: 0.5, maxRelative: 4, meanAbsolute: 0.625 / 8 },
      { name: 'label', elements: 4, maxAbsolute: 0, agreement: 1 },
    ],
    worst: [
      { row: 3, output: 'scores', difference: 0.5, expected: 0.125, actual: 0.625, inputs: [4] },
      { row: 3, output: 'scores', difference: 0.125 },
    ],
  });
  expect(report.outputs[0]).not.toHaveProperty('agreement');
  expect(report.histogram.reduce((sum, count) => sum + count)).toBe(12);
  expect(report.histogram[9]).toBe(2);
});

test('one label that differs fails every threshold, however close the scores are', () => {
  const report = compareOutputs([
    { inputs: [], expected: [label(1, 2, 3, 4)], actual: [label(1, 2, 3, 5)] },
  ]);
  expect(report).toMatchObject({ parity: Infinity, outputs: [{ agreement: 0.75 }] });
});

test('texts are labels too, and 64-bit integers are compared to the last digit', () => {
  const text = (value: string): JsonTensor => ({
    name: 't',
    datatype: 'BYTES',
    shape: [1],
    data: [value],
  });
  const wide = (value: bigint): JsonTensor => ({
    name: 'i',
    datatype: 'INT64',
    shape: [1],
    data: [value],
  });
  const compare = (a: JsonTensor, b: JsonTensor) =>
    compareOutputs([{ inputs: [], expected: [a], actual: [b] }]).parity;
  expect(compare(text('a'), text('a'))).toBe(0);
  expect(compare(text('a'), text('b'))).toBe(Infinity);
  expect(compare(wide(9007199254740993n), wide(9007199254740992n))).toBe(Infinity);
});

test('an output that is missing or of another shape, and nothing at all, are refused', () => {
  const invalid = expect.objectContaining({ code: 'ERR_PARITY_INCOMPARABLE' }) as Error;
  const expected = [scores(1, 2)];
  expect(() => compareOutputs([])).toThrow(invalid);
  expect(() => compareOutputs([{ inputs: [], expected, actual: [] }])).toThrow(/is missing/);
  expect(() => compareOutputs([{ inputs: [], expected, actual: [scores(1, 2, 3, 4)] }])).toThrow(
    /has the shape \[2,2\]/,
  );
});

test('is equal to a comparison element by element, for any values', () => {
  const value = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 30 }), (pairs) => {
      const tensor = (side: 0 | 1): JsonTensor => ({
        name: 'y',
        datatype: 'FP64',
        shape: [pairs.length],
        data: pairs.map((pair) => pair[side]),
      });
      const differences = pairs.map(([a, b]) => Math.abs(a - b));
      const report = compareOutputs([{ inputs: [], expected: [tensor(0)], actual: [tensor(1)] }]);
      expect(report.parity).toBe(Math.max(...differences));
      expect(report.worst.map(({ difference }) => difference)).toEqual(
        differences
          .filter((difference) => difference > 0)
          .sort((a, b) => b - a)
          .slice(0, 10),
      );
      expect(report.histogram.reduce((sum, count) => sum + count)).toBe(pairs.length);
    }),
  );
});

test('the page holds figures and a picture, loads nothing, and escapes what it shows', () => {
  const evil = '<script>alert("1")</script>';
  const text = (value: string): JsonTensor => ({
    name: evil,
    datatype: 'BYTES',
    shape: [1],
    data: [value],
  });
  const report = compareOutputs([
    {
      inputs: [x(7)],
      expected: [text(evil), scores(0.5, 0.5)],
      actual: [text('b'), scores(0.5, 0.25)],
    },
  ]);
  const html = parityHtml(report, { model: evil, version: 3, original: evil });
  expect(html).toContain('<svg');
  expect(html).toContain('0.250');
  expect(html).not.toMatch(/<script|<link|<img|src=|href=|url\(/);
  expect(html).toContain('&lt;script&gt;');
});

test('equal NaNs and equal infinities are equal; NaN beside a number is infinitely far from it', () => {
  const special = (...data: (number | string | null)[]): JsonTensor => ({
    name: 'scores',
    datatype: 'FP32',
    shape: [data.length],
    data,
  });
  const compare = (expected: JsonTensor, actual: JsonTensor) =>
    compareOutputs([{ inputs: [], expected: [expected], actual: [actual] }]).parity;
  const same = special(null, 'Infinity', '-Infinity', 0.5);
  expect(compare(same, same)).toBe(0);
  expect(compare(special(null), special(1))).toBe(Infinity);
  expect(compare(special('Infinity'), special('-Infinity'))).toBe(Infinity);
  expect(compare(special('Infinity'), special(null))).toBe(Infinity);
});
