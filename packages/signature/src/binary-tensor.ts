import { datatypes } from './datatype.ts';
import { readDatatype, readName, readShape } from './decode-tensor.ts';
import { elementCount, type Tensor } from './tensor.ts';
import { failTensor } from './tensor-failure.ts';

const LENGTH_BYTES = 4;
/** Bytes of an element of a `Uint32Array`. */
const WORD_BYTES = 4;

/** Name, datatype and shape of a tensor whose elements are bytes, not checked yet. */
export interface BinaryTensorHead {
  readonly name?: unknown;
  readonly datatype?: unknown;
  readonly shape?: unknown;
}

/** Options of {@link decodeBinaryTensor}. */
export interface BinaryTensorOptions {
  /**
   * True if the tensor may share the storage of its bytes, which nothing may write to afterwards; bytes that aren't aligned
   * for the datatype are copied all the same.
   * @defaultValue false
   */
  readonly shareStorage?: boolean;
}

/**
 * Decodes a {@link Tensor} from its head and the bytes of its elements: little-endian, row-major; one byte per `BOOL`; for
 * each element of `BYTES` a 32-bit length and as many bytes.
 *
 * The bytes are copied unless `shareStorage` is set, except elements of `BYTES`, which are views.
 *
 * Source: https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 *
 * @throws SignatureError `ERR_SIGNATURE_TENSOR_INVALID` naming the tensor, the expected and the found value.
 *
 * @example
 * ```ts
 * import { decodeBinaryTensor } from '@fairlead/signature';
 *
 * const head = { name: 'x', datatype: 'INT16', shape: [2] };
 * const { data } = decodeBinaryTensor(head, Uint8Array.of(1, 0, 255, 255));
 * console.log([...data]); // [ 1, -1 ]
 * ```
 */
export function decodeBinaryTensor(
  head: BinaryTensorHead,
  bytes: Uint8Array,
  { shareStorage = false }: BinaryTensorOptions = {},
): Tensor {
  const name = readName(head.name);
  const datatype = readDatatype(name, head.datatype);
  const shape = readShape(name, head.shape);
  const count = elementCount(shape);
  if (datatype === 'BYTES') {
    return { name, datatype, shape, data: readByteStrings(name, bytes, count) };
  }
  const { elementBytes, view } = datatypes[datatype];
  const expected = count * (elementBytes ?? 0);
  if (bytes.length !== expected) {
    failTensor(
      name,
      `${expected} bytes for ${datatype} of shape [${shape.join(',')}]`,
      String(bytes.length),
    );
  }
  const { buffer, byteOffset } = bytes;
  const isShared =
    shareStorage && buffer instanceof ArrayBuffer && byteOffset % (elementBytes ?? 1) === 0;
  const data = isShared
    ? view?.(buffer, byteOffset, count)
    : view?.(new Uint8Array(bytes).buffer, 0, count);
  if (datatype === 'BOOL') checkBooleans(name, data as Uint8Array);
  // The storage is of `datatype`.
  return { name, datatype, shape, data } as Tensor;
}

/**
 * Encodes the elements of a tensor as bytes that {@link decodeBinaryTensor} reads; if possible, a view of its storage.
 *
 * @example
 * ```ts
 * import { encodeBinaryTensor } from '@fairlead/signature';
 *
 * const data = Int16Array.of(1, -1);
 * const bytes = encodeBinaryTensor({ name: 'x', datatype: 'INT16', shape: [2], data });
 * console.log([...bytes]); // [ 1, 0, 255, 255 ]
 * ```
 */
export function encodeBinaryTensor({ datatype, data }: Tensor): Uint8Array {
  if (datatype !== 'BYTES') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const total = data.reduce((sum, element) => sum + LENGTH_BYTES + element.length, 0);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const element of data) {
    view.setUint32(offset, element.length, true);
    bytes.set(element, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + element.length;
  }
  return bytes;
}

function readByteStrings(name: string, bytes: Uint8Array, count: number): readonly Uint8Array[] {
  // Each element needs at least the bytes of its length: `count` can't allocate more memory than the client sent.
  if (count * LENGTH_BYTES > bytes.length) {
    failTensor(
      name,
      `${count} elements of BYTES`,
      `${bytes.length} bytes, too few for their lengths`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Uint8Array[] = [];
  let offset = 0;
  for (let index = 0; index < count; index++) {
    const start = offset + LENGTH_BYTES;
    if (start > bytes.length) failTensor(name, `${count} elements of BYTES`, `bytes for ${index}`);
    const length = view.getUint32(offset, true);
    if (length > bytes.length - start) {
      failTensor(
        name,
        `at most ${bytes.length - start} more bytes`,
        `a length of ${length} at element ${index}`,
      );
    }
    elements.push(bytes.subarray(start, start + length));
    offset = start + length;
  }
  if (offset !== bytes.length) {
    failTensor(
      name,
      `${count} elements of BYTES and nothing more`,
      `${bytes.length - offset} bytes left over`,
    );
  }
  return elements;
}

/** Checks elements of `BOOL`, which may be a part of a buffer with other bytes. */
function checkBooleans(name: string, data: Uint8Array): void {
  const { buffer, byteOffset, length } = data;
  const isValid = (index: number): boolean => (data[index] ?? 0) <= 1;
  const unaligned = (WORD_BYTES - (byteOffset % WORD_BYTES)) % WORD_BYTES;
  let index = 0;
  while (index < Math.min(unaligned, length) && isValid(index)) index += 1;
  // Four elements at a time: one by one, 16 million would block the event loop for too long.
  if (index === unaligned) {
    const words = new Uint32Array(buffer, byteOffset + index, (length - index) >> 2);
    let valid = 0;
    while (valid < words.length && ((words[valid] ?? 0) & 0xfe_fe_fe_fe) === 0) valid += 1;
    index += valid * WORD_BYTES;
  }
  while (index < length && isValid(index)) index += 1;
  if (index === length) return;
  failTensor(name, '0 or 1 (BOOL)', `${data[index] ?? 0} at element ${index}`);
}
