import { elementCount, type Tensor } from '@fairlead/signature';
import type { CapturedColumn } from './captured-column.ts';
import { type CapturedValue, elementReader } from './captured-value.ts';

/**
 * Returns the values of a column: a list with one for each row if the column is batched, otherwise one for all rows.
 *
 * Undefined if the tensor has another datatype, rank or number of rows than the signature promises.
 */
export function columnValues(
  column: CapturedColumn,
  tensor: Tensor,
  rows: number,
): CapturedValue | undefined {
  const { batched, depth, feature } = column;
  const { shape } = tensor;
  if (tensor.datatype !== column.datatype || (batched && shape[0] !== rows)) return undefined;
  if (elementCount(shape) !== tensor.data.length) return undefined;
  const row = batched ? shape.slice(1) : shape;
  const lists = feature === null ? row.length : row.length - 1;
  const isSingle = feature === null && depth === 0 && row.every((length) => length === 1);
  if (!isSingle && lists !== depth) return undefined;
  if (feature !== null && feature >= (row.at(-1) ?? 0)) return undefined;
  const read = elementReader(tensor);
  const width = elementCount(row);
  const valueAt = (offset: number): CapturedValue =>
    nest(read, row, offset + (feature ?? 0), depth);
  if (!batched) return valueAt(0);
  return Array.from({ length: rows }, (_, index) => valueAt(index * width));
}

function nest(
  read: (index: number) => CapturedValue,
  shape: readonly number[],
  offset: number,
  depth: number,
): CapturedValue {
  if (depth === 0) return read(offset);
  const inner = shape.slice(1);
  const width = elementCount(inner);
  return Array.from({ length: shape[0] ?? 0 }, (_, index) =>
    nest(read, inner, offset + index * width, depth - 1),
  );
}
