/**
 * The tensor datatypes of the Open Inference Protocol (V2).
 *
 * Source: https://github.com/kserve/open-inference-protocol (tensor data types).
 */
export type Datatype =
  | 'BOOL'
  | 'UINT8'
  | 'UINT16'
  | 'UINT32'
  | 'UINT64'
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FP16'
  | 'FP32'
  | 'FP64'
  | 'BYTES';

/**
 * The array that holds the elements of each datatype, row-major.
 *
 * `BOOL` holds 0 or 1. `FP16` holds IEEE 754 binary16 bit patterns (see `float16ToNumber`). Each element of `BYTES`
 * is a byte string.
 */
export interface DataByDatatype {
  BOOL: Uint8Array;
  UINT8: Uint8Array;
  UINT16: Uint16Array;
  UINT32: Uint32Array;
  UINT64: BigUint64Array;
  INT8: Int8Array;
  INT16: Int16Array;
  INT32: Int32Array;
  INT64: BigInt64Array;
  FP16: Uint16Array;
  FP32: Float32Array;
  FP64: Float64Array;
  BYTES: readonly Uint8Array[];
}

/** Names of a datatype in other systems, and the storage of its elements. */
export interface DatatypeInfo<D extends Datatype = Datatype> {
  readonly datatype: D;
  /** Bytes of one element; `null` for `BYTES`, whose elements vary in length. */
  readonly elementBytes: number | null;
  /** Kind of the elements: decides how JSON values are read and written. */
  readonly kind: 'boolean' | 'integer' | 'bigint' | 'float' | 'bytes';
  /** Minimum and maximum of an integer datatype. */
  readonly integerRange?: readonly [min: bigint, max: bigint];
  /** Name in ONNX Runtime (`Tensor.type` of onnxruntime-common). */
  readonly onnx: string;
  /** NumPy's array-protocol type string, little-endian; `null` for `BYTES` (an object array). */
  readonly numpy: string | null;
  /** Allocates zeroed storage for `length` elements. */
  readonly allocate: (length: number) => DataByDatatype[D];
  /** Returns storage of `length` elements that shares the bytes of a buffer from `byteOffset`; undefined for `BYTES`. */
  readonly view?: (buffer: ArrayBuffer, byteOffset: number, length: number) => DataByDatatype[D];
  /** Returns whether `data` is storage of this datatype. */
  readonly isData: (data: unknown) => data is DataByDatatype[D];
}

interface Storage<D extends Datatype> {
  new (length: number): DataByDatatype[D];
  new (buffer: ArrayBuffer, byteOffset: number, length: number): DataByDatatype[D];
  readonly BYTES_PER_ELEMENT: number;
}

function fixed<D extends Exclude<Datatype, 'BYTES'>>(
  datatype: D,
  kind: DatatypeInfo['kind'],
  onnx: string,
  numpy: string,
  storage: Storage<D>,
  integerRange?: readonly [bigint, bigint],
): DatatypeInfo<D> {
  return Object.freeze({
    datatype,
    elementBytes: storage.BYTES_PER_ELEMENT,
    kind,
    onnx,
    numpy,
    allocate: (length: number) => new storage(length),
    view: (buffer: ArrayBuffer, byteOffset: number, length: number) =>
      new storage(buffer, byteOffset, length),
    isData: (data: unknown): data is DataByDatatype[D] => data instanceof storage,
    ...(integerRange && { integerRange }),
  });
}

const signed = (bits: number): [bigint, bigint] => [
  -(2n ** BigInt(bits - 1)),
  2n ** BigInt(bits - 1) - 1n,
];
const unsigned = (bits: number): [bigint, bigint] => [0n, 2n ** BigInt(bits) - 1n];

const NOTHING = new Uint8Array(0);

const bytes: DatatypeInfo<'BYTES'> = Object.freeze({
  datatype: 'BYTES',
  elementBytes: null,
  kind: 'bytes',
  onnx: 'string',
  numpy: null,
  // Shared by all elements: it has no bytes to write to.
  allocate: (length: number) => new Array<Uint8Array>(length).fill(NOTHING),
  isData: (data: unknown): data is readonly Uint8Array[] =>
    Array.isArray(data) && data.every((element) => element instanceof Uint8Array),
});

/**
 * Every datatype with its names in ONNX Runtime and NumPy, its typed array and its element size.
 *
 * @example
 * ```ts
 * import { datatypes } from '@fairlead/signature';
 *
 * const { elementBytes, onnx, numpy } = datatypes.INT64;
 * console.log(elementBytes, onnx, numpy); // 8 int64 <i8
 * ```
 */
export const datatypes: { readonly [D in Datatype]: DatatypeInfo<D> } = Object.freeze({
  BOOL: fixed('BOOL', 'boolean', 'bool', '|b1', Uint8Array),
  UINT8: fixed('UINT8', 'integer', 'uint8', '|u1', Uint8Array, unsigned(8)),
  UINT16: fixed('UINT16', 'integer', 'uint16', '<u2', Uint16Array, unsigned(16)),
  UINT32: fixed('UINT32', 'integer', 'uint32', '<u4', Uint32Array, unsigned(32)),
  UINT64: fixed('UINT64', 'bigint', 'uint64', '<u8', BigUint64Array, unsigned(64)),
  INT8: fixed('INT8', 'integer', 'int8', '|i1', Int8Array, signed(8)),
  INT16: fixed('INT16', 'integer', 'int16', '<i2', Int16Array, signed(16)),
  INT32: fixed('INT32', 'integer', 'int32', '<i4', Int32Array, signed(32)),
  INT64: fixed('INT64', 'bigint', 'int64', '<i8', BigInt64Array, signed(64)),
  FP16: fixed('FP16', 'float', 'float16', '<f2', Uint16Array),
  FP32: fixed('FP32', 'float', 'float32', '<f4', Float32Array),
  FP64: fixed('FP64', 'float', 'float64', '<f8', Float64Array),
  BYTES: bytes,
});

/**
 * Returns whether `value` is the name of a datatype of the Open Inference Protocol.
 *
 * @example
 * ```ts
 * import { isDatatype } from '@fairlead/signature';
 *
 * console.log(isDatatype('FP32'), isDatatype('float32')); // true false
 * ```
 */
export function isDatatype(value: unknown): value is Datatype {
  return typeof value === 'string' && Object.hasOwn(datatypes, value);
}
