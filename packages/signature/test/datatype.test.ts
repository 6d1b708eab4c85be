import { expect, expectTypeOf, test } from 'vitest';
import {
  datatypes,
  isDatatype,
  type DataByDatatype,
  type Datatype,
  type TensorOf,
} from '@fairlead/signature';

test('every datatype allocates storage of its kind and element size', () => {
  for (const info of Object.values(datatypes)) {
    const data = info.allocate(3);
    expect(data).toHaveLength(3);
    expect(info.isData(data)).toBe(true);
    if (info.elementBytes !== null) {
      expect((data as Uint8Array).byteLength).toBe(3 * info.elementBytes);
    }
  }
});

test("NumPy's names state the same element size", () => {
  for (const { numpy, elementBytes } of Object.values(datatypes)) {
    if (numpy !== null) expect(Number(numpy.slice(2))).toBe(elementBytes);
  }
});

test('names of ONNX Runtime are distinct', () => {
  const names = Object.values(datatypes).map((info) => info.onnx);
  expect(new Set(names).size).toBe(names.length);
});

test('integer ranges match the storage', () => {
  for (const { integerRange, allocate } of Object.values(datatypes)) {
    if (!integerRange) continue;
    const data = allocate(1) as unknown as Record<number, number | bigint>;
    for (const bound of integerRange) {
      data[0] = typeof data[0] === 'bigint' ? bound : Number(bound);
      expect(BigInt(data[0])).toBe(bound);
    }
  }
});

test.each(['toString', '__proto__', 'fp32', 'STRING', 3, null, undefined])(
  '%s is no datatype',
  (value) => {
    expect(isDatatype(value)).toBe(false);
  },
);

test('the type of a tensor follows its datatype', () => {
  expectTypeOf<TensorOf<'INT64'>['data']>().toEqualTypeOf<BigInt64Array>();
  expectTypeOf<keyof DataByDatatype>().toEqualTypeOf<Datatype>();
});
