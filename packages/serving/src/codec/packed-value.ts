import { datatypes, type Tensor } from '@fairlead/signature';
import { packTensor, unpackTensor, type PackedTensor } from './packed-tensor.ts';

/** A value in which tensors and bytes are ready to be moved to another thread. */
export interface PackedValue {
  readonly value: unknown;
  readonly transfer: ArrayBuffer[];
}

/** Lists that are longer hold texts or numbers, and no tensors. */
const MAX_LIST = 8192;
const MARK = 'fairlead:tensor';

/**
 * Prepares a value for another thread: byte strings of a tensor travel as one buffer, and buffers are moved, not copied.
 *
 * With `copies` they are copied before, as the caller goes on using them.
 */
export function packValue(value: unknown, copies: boolean): PackedValue {
  const transfer = new Set<ArrayBuffer>();
  return { value: pack(value, copies, transfer), transfer: [...transfer] };
}

function pack(value: unknown, copies: boolean, transfer: Set<ArrayBuffer>): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  if (value instanceof Uint8Array) {
    // Bytes that are a part of a buffer would take all of it along.
    const isWhole = value.byteLength === value.buffer.byteLength;
    const own = copies || !isWhole ? Uint8Array.from(value) : new Uint8Array(value.buffer);
    transfer.add(own.buffer as ArrayBuffer);
    return own;
  }
  if (Array.isArray(value)) {
    if (value.length > MAX_LIST) return value;
    return value.map((each) => pack(each, copies, transfer));
  }
  if (isTensor(value)) {
    const packed = packTensor(withOwnStorage(value, copies));
    transfer.add(('packed' in packed ? packed.packed : packed.data).buffer as ArrayBuffer);
    return { [MARK]: packed };
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, pack(inner, copies, transfer)]),
  );
}

/** The value that was packed; bytes become a `Buffer`. */
export function unpackValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.length > MAX_LIST ? value : value.map(unpackValue);
  if (MARK in value) return unpackTensor(value[MARK] as PackedTensor);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unpackValue(inner)]));
}

function isTensor(value: object): value is Tensor {
  if (!('datatype' in value && 'shape' in value && 'data' in value)) return false;
  return Object.hasOwn(datatypes, String(value.datatype));
}

/** Data that shares its buffer can't be moved. */
function withOwnStorage(tensor: Tensor, copies: boolean): Tensor {
  if (tensor.datatype === 'BYTES') return tensor;
  const { data } = tensor;
  const isWhole = data.byteLength === data.buffer.byteLength;
  return copies || !isWhole ? ({ ...tensor, data: data.slice() } as Tensor) : tensor;
}
