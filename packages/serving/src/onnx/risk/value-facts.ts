import type { OnnxAttribute, OnnxTensor } from '@fairlead/signature/onnx';

// TensorProto.DataType: https://github.com/onnx/onnx/blob/v1.20.0/onnx/onnx-ml.proto
export const FLOAT = 1;
export const UINT8 = 2;
export const INT32 = 6;
export const INT64 = 7;
export const BOOL = 9;

/** No element is negative. */
export const NATURAL = 8;
/** No element is 0. */
export const NOT_ZERO = 4;
/** No element is the minimum of its datatype. */
export const NOT_MINIMUM = 2;
/** No element is -1. */
export const NOT_MINUS_ONE = 1;
/** Facts about every count of elements or position of an element. */
export const COUNT = NATURAL | NOT_MINIMUM | NOT_MINUS_ONE;

/** Facts about a value that hold for every request. */
export interface ValueFacts {
  /** Number of its datatype in `TensorProto.DataType`; `undefined` where it can't be followed. */
  readonly type: number | undefined;
  /** Bits of {@link NATURAL}, {@link NOT_ZERO}, {@link NOT_MINIMUM} and {@link NOT_MINUS_ONE}. */
  readonly bits: number;
  /** Minimum number of dimensions; `undefined` if unknown. */
  readonly rank?: number;
  /** Of a constant vector, such as the shape for a `Reshape`: its number of elements. */
  readonly length?: number;
}

export const UNKNOWN: ValueFacts = { type: undefined, bits: 0 };

/** The facts about a weight; none about the elements of large ones, which the reader skips. */
export function tensorFacts({ elementType, integers, shape }: OnnxTensor): ValueFacts {
  const [length] = shape;
  return {
    type: elementType,
    bits: integers === undefined ? 0 : integerBits(integers),
    rank: shape.length,
    ...(shape.length === 1 && length !== undefined && { length }),
  };
}

/** The facts about the value of a `Constant`. */
export function constantFacts(attribute: (name: string) => OnnxAttribute | undefined): ValueFacts {
  const tensor = attribute('value')?.tensor;
  if (tensor !== undefined) return tensorFacts(tensor);
  const integer = attribute('value_int');
  // Zero is the default of the format: an exporter may leave it out.
  if (integer?.reference !== undefined) return UNKNOWN;
  if (integer !== undefined) return { type: INT64, bits: integerBits(integer.integers ?? [0]) };
  const integers = attribute('value_ints');
  if (integers !== undefined) {
    // Long lists aren't read.
    const { integers: list } = integers;
    const vector = { type: INT64, rank: 1 };
    return list
      ? { ...vector, bits: integerBits(list), length: list.length }
      : { ...vector, bits: 0 };
  }
  const isFloat = attribute('value_float') ?? attribute('value_floats');
  return { type: isFloat && FLOAT, bits: 0 };
}

/** The facts that hold for the elements of each of the values. */
export function shared(values: readonly (ValueFacts | undefined)[]): number {
  return values.reduce((bits, value) => bits & (value?.bits ?? 0), COUNT | NOT_ZERO);
}

function integerBits(integers: readonly number[]): number {
  // Sums and products of those below and of counts stay far from the minimum of their datatype.
  const areSmall = integers.every((each) => Math.abs(each) < 2 ** 31);
  return (
    (areSmall && integers.every((each) => each >= 0) ? COUNT : 0) |
    (areSmall ? NOT_MINIMUM : 0) |
    (integers.includes(0) ? 0 : NOT_ZERO) |
    (integers.includes(-1) ? 0 : NOT_MINUS_ONE)
  );
}
