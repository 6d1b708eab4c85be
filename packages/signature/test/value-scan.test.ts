import { slowness } from '@fairlead/test-support/slowness';
import { describe, expect, test } from 'vitest';
import {
  createSignatureCheck,
  datatypes,
  numberToFloat16,
  SignatureError,
  type Datatype,
  type Tensor,
  type TensorSpec,
  type ValueSpec,
} from '@fairlead/signature';

const COUNT = 90_000;
const NUMERIC = Object.keys(datatypes).filter((name) => name !== 'BYTES') as Datatype[];

/** A tensor of numbers; `values` are repeated, and `changes` put over them. */
function tensorOf(
  datatype: Datatype,
  width: number,
  values: readonly number[],
  changes: Readonly<Record<number, number>> = {},
  count = COUNT,
): Tensor {
  const data = datatypes[datatype].allocate(count) as unknown as (number | bigint)[];
  const element = (value: number): number | bigint => {
    if (datatype === 'FP16') return numberToFloat16(value);
    return datatype.endsWith('INT64') ? BigInt(value) : value;
  };
  const elements = values.map(element);
  for (let index = 0; index < count; index++) {
    data[index] = elements[index % elements.length] ?? 0;
  }
  for (const [index, value] of Object.entries(changes)) data[Number(index)] = element(value);
  return { name: 'x', datatype, shape: [count / width, width], data } as unknown as Tensor;
}

function problemOf(spec: TensorSpec, tensor: Tensor): string | undefined {
  try {
    createSignatureCheck([spec])([tensor]);
    return undefined;
  } catch (error) {
    return error instanceof SignatureError ? error.problems[0]?.found : String(error);
  }
}

const specOf = (datatype: Datatype, width: number, spec: Partial<TensorSpec>): TensorSpec => ({
  name: 'x',
  datatype,
  shape: [-1, width],
  ...spec,
});

describe.each(NUMERIC)('many values of %s', (datatype) => {
  const max = datatype === 'BOOL' ? 0 : 1;
  const wrong = datatype === 'BOOL' ? 1 : 3;

  test.each<[string, ValueSpec]>([
    ['a range', { range: { min: 0, max } }],
    ['categories', { categories: datatype === 'BOOL' ? [0] : [0, 1, 5] }],
    [
      'a range and categories',
      { range: { max }, categories: datatype === 'BOOL' ? [0] : [0, 1, 5] },
    ],
  ])('are accepted with %s, and the first wrong one is found wherever it is', (_name, values) => {
    const spec = specOf(datatype, 1, values);
    expect(problemOf(spec, tensorOf(datatype, 1, [0, max]))).toBeUndefined();
    for (const place of [0, 1, 65_535, COUNT - 1]) {
      const tensor = tensorOf(datatype, 1, [0, max], { [place]: wrong });
      expect(problemOf(spec, tensor)).toBe(`${wrong} at element ${place}`);
    }
  });

  test('are tested by the features of their columns', () => {
    const features = [
      { name: 'a', categories: datatype === 'BOOL' ? [0] : [0, 1] },
      { name: 'b', range: { max } },
      { name: 'c' },
    ];
    const spec = specOf(datatype, 3, { features });
    const right = [0, max, 1];
    expect(problemOf(spec, tensorOf(datatype, 3, right))).toBeUndefined();
    for (const [place, feature] of [
      [60_000, 'a'],
      [COUNT - 2, 'b'],
    ] as const) {
      const tensor = tensorOf(datatype, 3, right, { [place]: wrong });
      expect(problemOf(spec, tensor)).toBe(`${wrong} at element ${place} (feature "${feature}")`);
    }
    expect(problemOf(spec, tensorOf(datatype, 3, right, { 60_002: wrong % 2 }))).toBeUndefined();
  });
});

test.each(['FP16', 'FP32', 'FP64'] as const)(
  'NaN, -0 and fractions among many values of %s are as among few',
  (datatype) => {
    const features = [{ name: 'a', categories: [-1, 0, 2] }, { name: 'b' }];
    const spec = specOf(datatype, 2, { features });
    for (const count of [4, COUNT]) {
      const at = (value: number, place: number) =>
        problemOf(spec, tensorOf(datatype, 2, [0, 1], { [place]: value }, count));
      expect([at(-0, 2), at(NaN, 3), at(-1, 2)]).toEqual([undefined, undefined, undefined]);
      expect([at(NaN, 2), at(0.5, 2), at(1, 2), at(-2, 2)]).toEqual(
        ['NaN', '0.5', '1', '-2'].map((value) => `${value} at element 2 (feature "a")`),
      );
    }
  },
);

test.each(['FP16', 'INT16', 'UINT16'] as const)('many features of %s are tested', (datatype) => {
  const names = Array.from({ length: 10 }, (_, index) => `f${index}`);
  const features = names.map((name, index) => ({
    name,
    ...(index === 9 ? { categories: [0, 1] } : { range: { min: 0, max: 1 } }),
  }));
  const spec = specOf(datatype, 10, { features });
  expect(problemOf(spec, tensorOf(datatype, 10, [0, 1]))).toBeUndefined();
  for (const place of [70_000, 70_009]) {
    const tensor = tensorOf(datatype, 10, [0, 1], { [place]: 2 });
    expect(problemOf(spec, tensor)).toBe(`2 at element ${place} (feature "f${place % 10}")`);
  }
});

test('categories that are not integers, or are far apart, are tested too', () => {
  for (const categories of [
    [0, 0.5],
    [0, 1e9],
    [-1e9, 0],
  ]) {
    const spec = specOf('FP64', 1, { categories });
    const [first = 0, second = 0] = categories;
    expect(problemOf(spec, tensorOf('FP64', 1, [first, second]))).toBeUndefined();
    const tensor = tensorOf('FP64', 1, [first, second], { 70_000: 7 });
    expect(problemOf(spec, tensor)).toBe('7 at element 70000');
  }
});

test.each<[Datatype, number, ValueSpec]>([
  ['INT8', 16 * 2 ** 20, { categories: [0, 1, 2] }],
  ['FP16', 8 * 2 ** 20, { range: { min: 0, max: 2 } }],
  ['FP32', 4 * 2 ** 20, { categories: [0, 1, 2] }],
])('16 MiB of %s hold the thread for less than 150 ms', (datatype, count, values) => {
  const tensor = tensorOf(datatype, 1, [0, 1, 2], {}, count);
  const check = createSignatureCheck([specOf(datatype, 1, values)]);
  const before = process.threadCpuUsage();
  check([tensor]);
  const { user, system } = process.threadCpuUsage(before);
  // A call for each value took 200 ms for INT8 and for FP16.
  expect((user + system) / 1000).toBeLessThan(150 * slowness());
});
