import { float16ToNumber, type Tensor } from '@fairlead/signature';
import type { BinCounter } from '../bins/bin-counter.ts';
import type { RowSelection } from './row-selection.ts';

/** Elements of a tensor that belong to one feature: `row * width + index`. */
export interface ColumnPosition {
  readonly width: number;
  readonly index: number;
}

/** Counts the elements of one feature of a tensor in the selected rows, without allocating memory for an element. */
export function countColumn(
  counter: BinCounter,
  tensor: Tensor,
  position: ColumnPosition,
  selection: RowSelection,
): void {
  const { weight } = selection;
  switch (tensor.datatype) {
    case 'BYTES':
      forEachElement(tensor.data, position, selection, (bytes) => {
        counter.addBytes(bytes, weight);
      });
      break;
    case 'BOOL':
      forEachElement(tensor.data, position, selection, (value) => {
        counter.addBoolean(value === 1, weight);
      });
      break;
    case 'FP16':
      forEachElement(tensor.data, position, selection, (value) => {
        counter.addNumber(float16ToNumber(value), weight);
      });
      break;
    case 'INT64':
    case 'UINT64':
      countBigIntegers(counter, tensor, position, selection);
      break;
    default:
      countNumbers(counter, tensor.data, position, selection);
  }
}

function forEachElement<T>(
  data: ArrayLike<T>,
  { width, index }: ColumnPosition,
  { rows, length }: RowSelection,
  count: (element: T) => void,
): void {
  for (let at = 0; at < length; at += 1) {
    const element = data[(rows[at] ?? 0) * width + index];
    if (element !== undefined) count(element);
  }
}

/** Without a callback for each element: most tensors hold these. */
function countNumbers(
  counter: BinCounter,
  data: ArrayLike<number>,
  { width, index }: ColumnPosition,
  { rows, length, weight }: RowSelection,
): void {
  for (let at = 0; at < length; at += 1) {
    const value = data[(rows[at] ?? 0) * width + index];
    if (value !== undefined) counter.addNumber(value, weight);
  }
}

/** Reads halves of 32 bits: reading 64 bits would allocate a `bigint` for each element. */
function countBigIntegers(
  counter: BinCounter,
  { datatype, data }: Extract<Tensor, { readonly datatype: 'INT64' | 'UINT64' }>,
  { width, index }: ColumnPosition,
  { rows, length, weight }: RowSelection,
): void {
  const lows = new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
  const highs =
    datatype === 'INT64' ? new Int32Array(data.buffer, data.byteOffset, data.length * 2) : lows;
  for (let at = 0; at < length; at += 1) {
    const element = 2 * ((rows[at] ?? 0) * width + index);
    const high = highs[element + 1];
    if (high !== undefined) counter.addNumber(high * 2 ** 32 + (lows[element] ?? 0), weight);
  }
}
