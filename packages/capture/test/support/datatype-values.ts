import type { Signature, Tensor } from '@fairlead/signature';

/** Bytes of a text. */
export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** Two rows of each datatype with values at its limits, and what a reader finds. */
export const datatypeValues: readonly (readonly [
  Omit<Tensor, 'name' | 'shape'>,
  readonly unknown[],
])[] = [
  [{ datatype: 'BOOL', data: bytes(1, 0) }, [true, false]],
  [{ datatype: 'INT8', data: Int8Array.of(-128, 127) }, [-128, 127]],
  [{ datatype: 'UINT8', data: bytes(0, 255) }, [0, 255]],
  [{ datatype: 'INT16', data: Int16Array.of(-32768, 32767) }, [-32768, 32767]],
  [{ datatype: 'UINT16', data: Uint16Array.of(0, 65535) }, [0, 65535]],
  [{ datatype: 'INT32', data: Int32Array.of(-(2 ** 31), 7) }, [-2147483648, 7]],
  [{ datatype: 'UINT32', data: Uint32Array.of(2 ** 32 - 1, 7) }, [4294967295, 7]],
  [
    { datatype: 'INT64', data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n) },
    [-9223372036854775808n, 9007199254740993n],
  ],
  [{ datatype: 'UINT64', data: BigUint64Array.of(2n ** 64n - 1n, 1n) }, [2n ** 64n - 1n, 1n]],
  [{ datatype: 'FP16', data: Uint16Array.of(0x3555, 0xfc00) }, [0.333251953125, -Infinity]],
  [{ datatype: 'FP32', data: Float32Array.of(0.7, NaN) }, [Math.fround(0.7), NaN]],
  [{ datatype: 'FP64', data: Float64Array.of(-0, 5e-324) }, [-0, 5e-324]],
  [{ datatype: 'BYTES', data: [bytes(), bytes(0xc5, 0x81)] }, ['', 'Ł']],
] as readonly (readonly [Omit<Tensor, 'name' | 'shape'>, readonly unknown[]])[];

const tensors = datatypeValues.map(
  ([tensor]) => ({ ...tensor, name: tensor.datatype, shape: [2] }) as Tensor,
);
const lists = datatypeValues.map(
  ([tensor]) => ({ ...tensor, name: `list_${tensor.datatype}`, shape: [1, 2, 1] }) as Tensor,
);
const signature: Signature = {
  inputs: tensors.map(({ name, datatype }) => ({ name, datatype, shape: [-1] })),
  outputs: lists.map(({ name, datatype }) => ({ name, datatype, shape: [1, -1, 1] })),
};

/** A request of two rows with the values as inputs, and as nested lists that both rows have. */
export const datatypeRequest = { signature, tensors, lists };
