import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  datatypes,
  decodeJson,
  decodeTensor,
  encodeTensor,
  float16ToNumber,
  numberToFloat16,
  SignatureError,
  type Datatype,
  type Tensor,
} from '@fairlead/signature';
import { parseKeepingIntegers } from '../src/parse-keeping-integers.ts';

const decodeText = (text: string): Tensor => decodeJson(text, decodeTensor);

function problem(json: unknown): string {
  try {
    decodeTensor(json);
  } catch (error) {
    expect(error).toBeInstanceOf(SignatureError);
    expect((error as SignatureError).code).toBe('ERR_SIGNATURE_TENSOR_INVALID');
    return (error as SignatureError).message;
  }
  return 'no error';
}

const elements: Readonly<Record<Datatype, fc.Arbitrary<number | bigint | string>>> = {
  BOOL: fc.integer({ min: 0, max: 1 }),
  UINT8: fc.integer({ min: 0, max: 255 }),
  UINT16: fc.integer({ min: 0, max: 65535 }),
  UINT32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  UINT64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  INT8: fc.integer({ min: -128, max: 127 }),
  INT16: fc.integer({ min: -32768, max: 32767 }),
  INT32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  INT64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  FP16: fc.double({ min: -65504, max: 65504, noNaN: true }).map(numberToFloat16),
  FP32: fc.float({ noNaN: true, noDefaultInfinity: true }),
  FP64: fc.double({ noNaN: true, noDefaultInfinity: true }),
  BYTES: fc.string({ unit: 'grapheme' }),
};

const tensors: fc.Arbitrary<Tensor> = fc
  .record({
    datatype: fc.constantFrom(...(Object.keys(datatypes) as Datatype[])),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    name: fc.string({ minLength: 1 }),
  })
  .chain(({ datatype, shape, name }) => {
    const length = shape.reduce((product, each) => product * each, 1);
    return fc.array(elements[datatype], { minLength: length, maxLength: length }).map((values) => {
      const encoder = new TextEncoder();
      const data = datatypes[datatype].allocate(length) as unknown[];
      values.forEach((value, index) => {
        data[index] = typeof value === 'string' ? encoder.encode(value) : value;
      });
      return { name, datatype, shape, data } as unknown as Tensor;
    });
  });

describe('round trip', () => {
  test('any tensor is decoded from its JSON text, bit for bit', () => {
    fc.assert(
      fc.property(tensors, (tensor) => {
        // JSON has one zero: "-0" is written as 0.
        const zeroed = JSON.parse(encodeTensor(tensor)) as { name: unknown };
        expect(zeroed.name).toBe(tensor.name);
        const back = decodeText(encodeTensor(tensor));
        expect(back.shape).toEqual(tensor.shape);
        expect(encodeTensor(back)).toBe(encodeTensor(tensor));
        if (
          tensor.datatype !== 'FP16' &&
          tensor.datatype !== 'FP32' &&
          tensor.datatype !== 'FP64'
        ) {
          expect(back.data).toEqual(tensor.data);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('64-bit integers keep every digit', () => {
    const text =
      '{"name":"x","datatype":"INT64","shape":[3],"data":[9007199254740993,-9223372036854775808,7]}';
    const tensor = decodeText(text);
    expect(tensor.data).toEqual(new BigInt64Array([9007199254740993n, -(2n ** 63n), 7n]));
    expect(encodeTensor(tensor)).toBe(text);
  });

  test('integers beyond 2^53 in floating-point tensors stay unchanged beside such integers', () => {
    const text =
      '[{"name":"i","datatype":"INT64","shape":[1],"data":[9007199254740993]},' +
      '{"name":"d","datatype":"FP64","shape":[3],"data":[9007199254740994,100000000000000000000,1' +
      `${'0'.repeat(60)}]},{"name":"h","datatype":"FP16","shape":[1],"data":[-2]}]`;
    const [i, d, h] = decodeJson(text, (tensors) => (tensors as unknown[]).map(decodeTensor));
    expect(i?.data).toEqual(new BigInt64Array([9007199254740993n]));
    expect(d?.data).toEqual(new Float64Array([9007199254740994, 1e20, 1e60]));
    expect(h?.data).toEqual(new Uint16Array([0xc000]));
  });

  test('the parser that keeps integers returns the same as JSON.parse, except for these integers', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const plain = (given: unknown): unknown =>
          JSON.parse(
            JSON.stringify(given, (_, each: unknown) =>
              typeof each === 'bigint' ? Number(each) : each,
            ),
          );
        expect(plain(parseKeepingIntegers(text))).toEqual(JSON.parse(text));
      }),
    );
    const odd = ' {"__proto__":[ ] , "a\\u0041\\"" : -0.5e+1,"b":[true,false , null,"",{ }]}\n';
    expect(JSON.stringify(parseKeepingIntegers(odd))).toBe(JSON.stringify(JSON.parse(odd)));
    const integers = '[9007199254740993,-18446744073709551615,9007199254740992.5,1e20,-0]';
    expect(parseKeepingIntegers(integers)).toEqual([
      9007199254740993n,
      -18446744073709551615n,
      9007199254740992,
      1e20,
      -0,
    ]);
  });

  test('the parser that keeps integers reads text nested as deep as JSON.parse does', () => {
    const depth = 200_000;
    let value = parseKeepingIntegers(
      `${'[1,'.repeat(depth)}{"a":9007199254740993}${',2]'.repeat(depth)}`,
    );
    for (let level = 0; level < depth; level += 1) {
      if (!Array.isArray(value) || value.length !== 3) break;
      value = (value as unknown[])[1];
    }
    expect(value).toEqual({ a: 9007199254740993n });
  });

  test('a nested tensor equals its flat form', () => {
    const flat = decodeTensor({
      name: 'x',
      datatype: 'INT32',
      shape: [2, 3],
      data: [1, 2, 3, 4, 5, 6],
    });
    const nested = decodeTensor({
      name: 'x',
      datatype: 'INT32',
      shape: [2, 3],
      data: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });
    expect(nested).toEqual(flat);
  });

  test('NaN and infinities are written as null', () => {
    const data = new Float32Array([NaN, 1, Infinity, -Infinity]);
    const text = encodeTensor({ name: 'Infinite', datatype: 'FP32', shape: [4], data });
    expect(JSON.parse(text)).toMatchObject({ name: 'Infinite', data: [null, 1, null, null] });
  });

  test.each(['FP16', 'FP32', 'FP64'] as const)(
    'null is NaN in %s, as NaN is written, and infinities may be named',
    (datatype) => {
      const data = [null, 1.5, 'NaN', 'Infinity', '-Infinity'];
      const tensor = decodeTensor({ name: 'x', datatype, shape: [5], data });
      const values =
        tensor.datatype === 'FP16' ? Array.from(tensor.data, float16ToNumber) : [...tensor.data];
      expect(values).toEqual([NaN, 1.5, NaN, Infinity, -Infinity]);
    },
  );

  test('bytes that are not UTF-8 are rejected and not altered', () => {
    const tensor: Tensor = {
      name: 'b',
      datatype: 'BYTES',
      shape: [1],
      data: [new Uint8Array([0xff])],
    };
    expect(() => encodeTensor(tensor)).toThrow(
      expect.objectContaining({ code: 'ERR_SIGNATURE_NOT_TEXT' }),
    );
  });
});

describe('rejects', () => {
  const fp32 = { name: 'x', datatype: 'FP32' };
  test.each<[string, unknown, string]>([
    ['no object', 3, 'expected an object, found 3'],
    ['no name', { datatype: 'FP32', shape: [1], data: [1] }, '"name"'],
    [
      'an unknown datatype',
      { name: 'x', datatype: 'FLOAT', shape: [1], data: [1] },
      'found "FLOAT"',
    ],
    ['no shape', { ...fp32, data: [1] }, 'found nothing'],
    ['a negative length', { ...fp32, shape: [-1], data: [1] }, 'found -1 in it'],
    ['a length that is no whole number', { ...fp32, shape: [1.5], data: [1] }, 'found 1.5 in it'],
    ['a shape that overflows', { ...fp32, shape: [2 ** 40, 2 ** 40], data: [1] }, '2^53'],
    [
      'a shape of very many dimensions',
      { ...fp32, shape: Array(33).fill(1), data: [1] },
      'at most 32',
    ],
    [
      'too few elements',
      { ...fp32, shape: [2], data: [1] },
      'expected 2 elements for shape [2], found 1',
    ],
    ['too many elements', { ...fp32, shape: [], data: [1, 2] }, 'expected 1 elements'],
    ['a shape that claims memory', { ...fp32, shape: [1e9, 1e6], data: [] }, 'found 0'],
    [
      'nesting that claims memory',
      { ...fp32, shape: [1, 1e15], data: [[1]] },
      'lists of 1000000000000000',
    ],
    [
      'ragged nesting',
      { ...fp32, shape: [2, 2], data: [[1, 2], [3]] },
      'lists of 2 in dimension 1',
    ],
    ['mixed nesting', { ...fp32, shape: [2, 1], data: [[1], 2] }, 'a list of 1 in dimension 1'],
    ['nesting too deep', { ...fp32, shape: [1], data: [[1]] }, 'found a list of 1 at element 0'],
    ['data that is no list', { ...fp32, shape: [1], data: 1 }, '"data" that is a list, found 1'],
    [
      'null for an integer',
      { ...fp32, datatype: 'INT32', shape: [1], data: [null] },
      'whole number',
    ],
    [
      'null for a 64-bit integer',
      { ...fp32, datatype: 'INT64', shape: [1], data: [null] },
      'whole',
    ],
    [
      'null for a boolean',
      { ...fp32, datatype: 'BOOL', shape: [1], data: [null] },
      'true or false',
    ],
    ['null for text', { ...fp32, datatype: 'BYTES', shape: [1], data: [null] }, 'string'],
    ['a number for a list of 1', { ...fp32, shape: [2, 1], data: [[40], 50] }, 'send [50]'],
    ['another text for a number', { ...fp32, shape: [1], data: ['inf'] }, 'null for NaN'],
    [
      'a number that FP32 cannot hold beside an infinity',
      { ...fp32, shape: [2], data: ['Infinity', 1e39] },
      '±3.4028235e38',
    ],
    ['a string for a number', { ...fp32, shape: [1], data: ['1'] }, 'found "1" at element 0'],
    ['a number that FP32 cannot hold', { ...fp32, shape: [1], data: [1e39] }, '±3.4028235e38'],
    [
      'a number that FP16 cannot hold',
      { name: 'x', datatype: 'FP16', shape: [1], data: [65520] },
      '±65504',
    ],
    [
      'a fraction for an integer',
      { name: 'x', datatype: 'INT8', shape: [1], data: [1.5] },
      'found 1.5',
    ],
    [
      'an integer out of range',
      { name: 'x', datatype: 'UINT8', shape: [1], data: [256] },
      'from 0 to 255',
    ],
    [
      'a fraction for a 64-bit integer',
      { name: 'x', datatype: 'INT64', shape: [1], data: [0.5] },
      'found 0.5',
    ],
    ['a number for text', { name: 'x', datatype: 'BYTES', shape: [1], data: [1] }, 'string'],
    [
      'a lone surrogate',
      { name: 'x', datatype: 'BYTES', shape: [1], data: ['\ud800'] },
      'well-formed',
    ],
    ['2 for a boolean', { name: 'x', datatype: 'BOOL', shape: [1], data: [2] }, 'true or false'],
  ])('%s', (_name, json, message) => {
    expect(problem(json)).toContain(message);
  });

  test('a 64-bit integer past its range, with the digits it was sent with', () => {
    const text = '{"name":"x","datatype":"INT64","shape":[1],"data":[9223372036854775808]}';
    expect(() => decodeText(text)).toThrow('found 9223372036854775808 at element 0');
  });

  test.each(['67999479580197220.5', '1e17', '9.007199254740993e15'])(
    'the 64-bit integer %s, whose digits are ambiguous',
    (number) => {
      const text = `{"name":"x","datatype":"UINT64","shape":[1],"data":[${number}]}`;
      expect(() => decodeText(text)).toThrow(
        expect.objectContaining({
          code: 'ERR_SIGNATURE_TENSOR_INVALID',
          message: expect.stringContaining('without a fraction or an exponent') as string,
        }),
      );
    },
  );

  test('a 64-bit integer of very many digits, also after one that needs all its digits', () => {
    for (const first of ['1', '9007199254740993']) {
      for (const digits of [21, 22, 308, 400, 100_000]) {
        const text = `{"name":"x","datatype":"UINT64","shape":[2],"data":[${first},${'9'.repeat(digits)}]}`;
        expect(() => decodeText(text)).toThrow(
          'expected a whole number from 0 to 18446744073709551615',
        );
      }
    }
  });

  test('a number beyond doubles', () => {
    expect(() => decodeText('{"name":"x","datatype":"FP64","shape":[1],"data":[1e400]}')).toThrow(
      'finite',
    );
  });
});

test('elements of FP32 may be a Float32Array, which is copied', () => {
  const data = Float32Array.of(0.5, NaN);
  const { data: decoded } = decodeTensor({ name: 'x', datatype: 'FP32', shape: [1, 2], data });
  expect(decoded).toEqual(data);
  data[0] = 7;
  expect(decoded[0]).toBe(0.5);
  expect(problem({ name: 'x', datatype: 'FP32', shape: [3], data })).toContain(
    'expected 3 elements for shape [3], found 2',
  );
  expect(problem({ name: 'x', datatype: 'FP64', shape: [2], data })).toContain(
    '"data" that is a list',
  );
});
