import { datatypes, elementCount, encodeBinaryTensor, type Tensor } from '@fairlead/signature';
import type { TensorColumns } from './tensor-columns.ts';

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
  const all = features === null || features.length === tensor.shape.at(-1);
  const captured = all ? tensor : selectFeatures(tensor, features);
  const { buffer, byteOffset, byteLength } = encodeBinaryTensor(captured);
  return {
    shape: captured.shape,
    data: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  };
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

function selectFeatures(tensor: Tensor, features: readonly number[]): Tensor {
  const width = lastOf(tensor.shape);
  const shape = [...tensor.shape.slice(0, -1), features.length];
  if (tensor.datatype === 'BYTES') {
    const { data } = tensor;
    const selected = data.filter((_, index) => features.includes(index % width));
    return { ...tensor, shape, data: selected };
  }
  const { datatype, data } = tensor;
  const { elementBytes, allocate } = datatypes[datatype];
  const selected = allocate(elementCount(shape));
  copyFeatures(data, selected, { width, features, bytes: elementBytes ?? 1 });
  return { ...tensor, shape, data: selected } as Tensor;
}

function copyFeatures(
  from: ArrayBufferView,
  to: ArrayBufferView,
  {
    width,
    features,
    bytes,
  }: { readonly width: number; readonly features: readonly number[]; readonly bytes: number },
): void {
  const source = new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
  const target = new Uint8Array(to.buffer, to.byteOffset, to.byteLength);
  let at = 0;
  for (let row = 0; at < target.length; row += width) {
    for (const feature of features) {
      const begin = (row + feature) * bytes;
      for (let byte = 0; byte < bytes; byte += 1) target[at++] = source[begin + byte] ?? 0;
    }
  }
}

function lastOf(shape: readonly number[]): number {
  return shape.at(-1) ?? 0;
}
