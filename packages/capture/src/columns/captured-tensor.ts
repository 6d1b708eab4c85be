import { datatypes, elementCount, encodeBinaryTensor, type Tensor } from '@fairlead/signature';
import type { TensorColumns } from './tensor-columns.ts';

const SCRATCH_BYTES = 16_384;
/** Memory for the elements of one tensor: a buffer for each, also one that shares the memory of a tensor, takes longer than its text. */
const scratch = new ArrayBuffer(SCRATCH_BYTES);
const scratchBytes = Buffer.from(scratch);

/** The captured part of a tensor, in a line of a spool file: numbers as text would take several times as long to write and to read. */
export interface CapturedTensor {
  /** Length of each dimension; the last one counts the captured features, where the tensor has features. */
  readonly shape: readonly number[];
  /** Elements as `encodeBinaryTensor` of `@fairlead/signature` encodes them, in Base64. */
  readonly data: string;
}

/**
 * Encodes the captured features of a tensor, or the whole tensor; features that aren't captured are never read.
 *
 * Undefined if the tensor has another datatype, rank or number of rows than the signature promises.
 */
export function captureTensor(
  columns: TensorColumns,
  tensor: Tensor,
  rows: number,
): CapturedTensor | undefined {
  if (!fits(columns, tensor, rows)) return undefined;
  const { features } = columns;
  const { shape } = tensor;
  if (features === null || features.length === shape.at(-1)) {
    return { shape, data: encodeData(tensor, null) };
  }
  return { shape: [...shape.slice(0, -1), features.length], data: encodeData(tensor, features) };
}

function fits(
  { datatype, batched, depth, features }: TensorColumns,
  tensor: Tensor,
  rows: number,
): boolean {
  const { shape } = tensor;
  if (tensor.datatype !== datatype || (batched && shape[0] !== rows)) return false;
  if (elementCount(shape) !== tensor.data.length) return false;
  const rowRank = batched ? shape.length - 1 : shape.length;
  if (features !== null) return rowRank === depth + 1 && (features.at(-1) ?? 0) < lastOf(shape);
  // A row of one element is captured without its dimensions.
  const isSingle = depth === 0 && shape.slice(batched ? 1 : 0).every((length) => length === 1);
  return isSingle || rowRank === depth;
}

/** Encodes the elements of a tensor, or those of some features of it. */
function encodeData(tensor: Tensor, features: readonly number[] | null): string {
  const width = lastOf(tensor.shape);
  if (tensor.datatype === 'BYTES') {
    const { data } = tensor;
    const selected =
      features === null ? data : data.filter((_, index) => features.includes(index % width));
    const { buffer, byteOffset, byteLength } = encodeBinaryTensor({ ...tensor, data: selected });
    return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  }
  const { datatype, data } = tensor;
  const { elementBytes, view } = datatypes[datatype];
  const count = features === null ? data.length : (data.length / width) * features.length;
  const bytes = count * (elementBytes ?? 0);
  const storage = bytes <= SCRATCH_BYTES ? scratch : new ArrayBuffer(bytes);
  const target = view?.(storage, 0, count) as Exclude<typeof data, BigInt64Array | BigUint64Array>;
  if (features === null) target.set(data as typeof target);
  else selectFeatures(data as typeof target, target, { width, features });
  const encoded = storage === scratch ? scratchBytes : Buffer.from(storage);
  return encoded.toString('base64', 0, bytes);
}

function selectFeatures<T>(
  from: Readonly<ArrayLike<T>>,
  to: { [index: number]: T; readonly length: number },
  { width, features }: { readonly width: number; readonly features: readonly number[] },
): void {
  let at = 0;
  for (let row = 0; at < to.length; row += width) {
    for (const feature of features) to[at++] = from[row + feature] as T;
  }
}

function lastOf(shape: readonly number[]): number {
  return shape.at(-1) ?? 0;
}
