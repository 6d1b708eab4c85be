import { slowness } from '@fairlead/test-support/slowness';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createSignatureCheck,
  SignatureError,
  type Tensor,
  type TensorSpec,
} from '@fairlead/signature';

const image: TensorSpec = { name: 'image', datatype: 'FP32', shape: [-1, 4] };
const fp32 = (name: string, shape: number[], data: number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: new Float32Array(data),
});

function problems(specs: readonly TensorSpec[], tensors: readonly Tensor[]): string {
  try {
    createSignatureCheck(specs)(tensors);
  } catch (error) {
    expect(error).toBeInstanceOf(SignatureError);
    return (error as SignatureError).message;
  }
  return '';
}

describe('names, datatypes, shapes', () => {
  test('a tensor that matches passes, with any length of its variable dimension', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), (rows) => {
        expect(problems([image], [fp32('image', [rows, 4], Array<number>(rows * 4).fill(1))])).toBe(
          '',
        );
      }),
    );
  });

  test('a missing tensor is reported with its expected datatype and shape', () => {
    expect(problems([image], [])).toBe(
      'tensor "image": expected FP32 of shape [any,4], found no such tensor',
    );
  });

  test('an unknown tensor is reported with the known names', () => {
    expect(problems([image], [fp32('image', [1, 4], [1, 2, 3, 4]), fp32('mask', [1], [1])])).toBe(
      'tensor "mask": expected only "image", found this tensor as well',
    );
  });

  test('a tensor that occurs twice is rejected', () => {
    const tensor = fp32('image', [1, 4], [1, 2, 3, 4]);
    expect(problems([image], [tensor, tensor])).toContain('each tensor once');
  });

  test('all problems are reported together', () => {
    const error = (() => {
      try {
        createSignatureCheck([image, { ...image, name: 'mask' }])([
          fp32('image', [4], [1, 2, 3, 4]),
        ]);
      } catch (caught) {
        return caught as SignatureError;
      }
      throw new Error('passed');
    })();
    expect(error.code).toBe('ERR_SIGNATURE_MISMATCH');
    expect(error.problems.map((problem) => problem.tensor)).toEqual(['image', 'mask']);
  });

  test.each([
    ['rank', fp32('image', [4], [1, 2, 3, 4]), 'expected shape [any,4], found [4]'],
    ['length', fp32('image', [1, 3], [1, 2, 3]), 'expected shape [any,4], found [1,3]'],
    [
      'element count',
      fp32('image', [1, 4], [1]),
      '4 elements of FP32 for shape [1,4], found Float32Array of 1',
    ],
    [
      'datatype',
      { name: 'image', datatype: 'INT8' as const, shape: [1, 4], data: new Int8Array(4) },
      'expected datatype FP32, found INT8',
    ],
    [
      'storage that belies its datatype',
      { name: 'image', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] } as unknown as Tensor,
      'found Array of 4',
    ],
    [
      'which storage it should have',
      { name: 'image', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] } as unknown as Tensor,
      'for shape [1,4], in a Float32Array',
    ],
  ])('%s', (_name, tensor, message) => {
    expect(problems([image], [tensor])).toContain(message);
  });

  test('a tensor may have the name __proto__', () => {
    expect(
      problems([{ ...image, name: '__proto__' }], [fp32('__proto__', [1, 4], [1, 2, 3, 4])]),
    ).toBe('');
    expect(problems([image], [fp32('__proto__', [1, 4], [1, 2, 3, 4])])).toContain('"__proto__"');
  });
});

describe('values', () => {
  test('a range applies to every element, and NaN is outside', () => {
    const spec = { ...image, range: { min: 0, max: 16 }, units: 'gray' };
    expect(problems([spec], [fp32('image', [1, 4], [0, 16, 3, 4])])).toBe('');
    expect(problems([spec], [fp32('image', [1, 4], [0, 17, 3, 4])])).toBe(
      'tensor "image": expected values from 0 to 16 gray, found 17 at element 1',
    );
    expect(problems([spec], [fp32('image', [1, 4], [NaN, 1, 3, 4])])).toContain('NaN at element 0');
  });

  test('a feature has a separate range and is named in the message', () => {
    const features = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
    const spec = {
      ...image,
      features: [...features.slice(0, 3), { name: 'd', range: { min: 0 } }],
    };
    expect(problems([spec], [fp32('image', [2, 4], [-1, -1, -1, 0, -1, -1, -1, -2])])).toContain(
      'values from 0 to Infinity, found -2 at element 7 (feature "d")',
    );
  });

  test('NaN is allowed in a feature without a range, beside a feature with one', () => {
    const features = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
    const spec = { ...image, features: [{ name: 'a', range: { max: 1 } }, ...features.slice(1)] };
    expect(problems([spec], [fp32('image', [2, 4], [1, NaN, 0, 0, 1, 0, Infinity, 0])])).toBe('');
    expect(problems([spec], [fp32('image', [2, 4], [1, NaN, 0, 0, 2, 0, 0, 0])])).toContain(
      'found 2 at element 4 (feature "a")',
    );
  });

  test('ranges of four million values are checked within 50 ms', () => {
    const spec = { ...image, shape: [-1, 4], range: { min: 0, max: 1 } };
    const check = createSignatureCheck([spec]);
    const data = new Float32Array(4_194_304).fill(0.5);
    const tensor = { name: 'image', datatype: 'FP32', shape: [data.length / 4, 4], data } as const;
    const before = process.threadCpuUsage();
    check([tensor]);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(50 * slowness());
    data[4_194_303] = 2;
    expect(() => {
      check([tensor]);
    }).toThrow(/found 2 at element 4194303/);
  });

  test('categories of text and of numbers', () => {
    const encoder = new TextEncoder();
    const text: TensorSpec = {
      name: 't',
      datatype: 'BYTES',
      shape: [1],
      categories: ['red', 'blue'],
    };
    const of = (word: string): Tensor => ({
      name: 't',
      datatype: 'BYTES',
      shape: [1],
      data: [encoder.encode(word)],
    });
    expect(problems([text], [of('red')])).toBe('');
    expect(problems([text], [of('green')])).toContain('one of "red", "blue", found "green"');
    const code: TensorSpec = { name: 'c', datatype: 'INT64', shape: [1], categories: [1, 2] };
    const number: Tensor = {
      name: 'c',
      datatype: 'INT64',
      shape: [1],
      data: new BigInt64Array([3n]),
    };
    expect(problems([code], [number])).toContain('found 3');
  });

  test('FP16 values are compared as numbers, not as bit patterns', () => {
    const spec: TensorSpec = { name: 'h', datatype: 'FP16', shape: [1], range: { max: 2 } };
    const half = (bits: number): Tensor => ({
      name: 'h',
      datatype: 'FP16',
      shape: [1],
      data: new Uint16Array([bits]),
    });
    expect(problems([spec], [half(0x4000)])).toBe('');
    expect(problems([spec], [half(0x4200)])).toContain('found 3');
  });
});

describe('dimensions that inputs share', () => {
  const specs: readonly TensorSpec[] = [
    { name: 'ids', datatype: 'FP32', shape: [-1, -1], dimensions: ['batch', 'length'] },
    { name: 'mask', datatype: 'FP32', shape: [-1, -1], dimensions: ['batch', 'length'] },
    { name: 'age', datatype: 'FP32', shape: [-1, 1], dimensions: ['batch', null] },
  ];
  const of = (...shapes: readonly (readonly [string, number, number])[]): readonly Tensor[] =>
    shapes.map(([name, rows, columns]) =>
      fp32(name, [rows, columns], Array<number>(rows * columns).fill(1)),
    );

  test('tensors whose lengths agree pass, in any order', () => {
    expect(problems(specs, of(['ids', 2, 3], ['mask', 2, 3], ['age', 2, 1]))).toBe('');
    expect(problems(specs, of(['age', 0, 1], ['mask', 0, 5], ['ids', 0, 5]))).toBe('');
  });

  test('a length that differs is rejected, and the message names both inputs and lengths', () => {
    expect(problems(specs, of(['ids', 2, 3], ['mask', 2, 4], ['age', 3, 1]))).toBe(
      'tensor "age": expected a length of 2 in dimension 0, since dimension 0 of tensor "ids" is the same ("batch"), found 3; ' +
        'tensor "mask": expected a length of 3 in dimension 1, since dimension 1 of tensor "ids" is the same ("length"), found 4',
    );
  });

  test('a square of one input is square', () => {
    const square: TensorSpec = { ...image, shape: [-1, -1], dimensions: ['n', 'n'] };
    expect(problems([square], of(['image', 2, 2]))).toBe('');
    expect(problems([square], of(['image', 2, 3]))).toContain(
      'expected a length of 2 in dimension 1',
    );
  });

  test('dimensions without names, or with separate names, may differ', () => {
    const free = specs.map(({ name, datatype, shape }): TensorSpec => ({ name, datatype, shape }));
    expect(problems(free, of(['ids', 2, 3], ['mask', 3, 4], ['age', 4, 1]))).toBe('');
  });
});
