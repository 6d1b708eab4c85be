import {
  decodeBinaryTensor,
  float16ToNumber,
  type Datatype,
  type Tensor,
} from '@fairlead/signature';
import type { CapturedTensor } from '../../columns/captured-tensor.ts';
import { tensorColumns, type TensorColumns } from '../../columns/tensor-columns.ts';
import type { SpoolVersion } from '../../spool/spool-line.ts';
import type { ParquetValue } from '../parquet-value.ts';
import type { SpooledValues } from './spooled-values.ts';

/** Place of the values of a column. */
interface ColumnPlace {
  /** Index of the tensor in a line. */
  readonly tensor: number;
  /** Index of the captured feature, 0 for a whole tensor. */
  readonly feature: number;
}

/** Places of the columns of a version in lines of format 2. */
export interface TensorLayout {
  readonly tensors: readonly TensorColumns[];
  readonly places: readonly ColumnPlace[];
}

/** Returns where lines have the values of the columns of a version. */
export function tensorLayout({ columns }: SpoolVersion): TensorLayout {
  const tensors = tensorColumns(columns);
  const places = tensors.flatMap(({ features }, tensor) =>
    (features ?? [0]).map((_, feature) => ({ tensor, feature })),
  );
  return { tensors, places };
}

/** Values of a request in a line of format 2. */
export class TensorValues implements SpooledValues {
  readonly #layout: TensorLayout;
  readonly #tensors: readonly (Tensor | undefined)[];

  /** @throws Error if the tensors don't fit to the columns */
  constructor(layout: TensorLayout, captured: readonly unknown[], rows: number) {
    this.#layout = layout;
    this.#tensors = layout.tensors.map((columns, index) =>
      decodeTensor(columns, captured[index] ?? null, rows),
    );
  }

  at(column: number, row: number): ParquetValue {
    const place = this.#layout.places[column];
    if (place === undefined) return null;
    const tensor = this.#tensors[place.tensor];
    const columns = this.#layout.tensors[place.tensor];
    if (tensor === undefined || columns === undefined) return null;
    const { shape, data } = tensor;
    const { batched, depth, datatype } = columns;
    const width = batched ? data.length / (shape[0] ?? 1) : data.length;
    const begin = (batched ? row * width : 0) + place.feature;
    if (depth === 0) return elementAt(tensor, datatype, begin);
    return listAt({ tensor, datatype }, { dimension: batched ? 1 : 0, depth, begin, width });
  }
}

function decodeTensor(
  { tensor: name, datatype, depth, batched, features }: TensorColumns,
  captured: Partial<CapturedTensor> | null,
  rows: number,
): Tensor | undefined {
  if (captured === null) return undefined;
  const { shape, data } = captured;
  if (typeof data !== 'string') throw new TypeError(`the data of ${name} is no text`);
  // Elements of BOOL are read as the runtime wrote them: each that isn't 0 is true.
  const stored = datatype === 'BOOL' ? 'UINT8' : datatype;
  const tensor = decodeBinaryTensor({ name, datatype: stored, shape }, Buffer.from(data, 'base64'));
  const rank = (batched ? 1 : 0) + depth + (features === null ? 0 : 1);
  const fits =
    (depth === 0 || tensor.shape.length === rank) &&
    (!batched || tensor.shape[0] === rows) &&
    (features === null || tensor.shape.at(-1) === features.length);
  if (!fits) throw new RangeError(`${name} has the shape [${tensor.shape.join()}]`);
  return tensor;
}

/** Elements of a level of lists. */
interface Level {
  readonly dimension: number;
  /** Levels of lists from here on. */
  readonly depth: number;
  /** Index of the first element. */
  readonly begin: number;
  /** Elements of all its items. */
  readonly width: number;
}

function listAt(
  of: { readonly tensor: Tensor; readonly datatype: Datatype },
  { dimension, depth, begin, width }: Level,
): ParquetValue {
  const { tensor, datatype } = of;
  const length = tensor.shape[dimension] ?? 0;
  const step = width / length;
  const items: ParquetValue[] = [];
  for (let item = 0, at = begin; item < length; item += 1, at += step) {
    const inner = { dimension: dimension + 1, depth: depth - 1, begin: at, width: step };
    items.push(depth === 1 ? elementAt(tensor, datatype, at) : listAt(of, inner));
  }
  return items;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function elementAt(tensor: Tensor, datatype: Datatype, index: number): ParquetValue {
  if (tensor.datatype === 'BYTES') return textOf(tensor.data[index] ?? new Uint8Array(0));
  const element = tensor.data[index] ?? null;
  if (datatype === 'BOOL') return element !== 0;
  if (datatype === 'FP16') return float16ToNumber(Number(element));
  return element;
}

function textOf(bytes: Uint8Array): string | Uint8Array {
  try {
    return utf8.decode(bytes);
  } catch {
    return Uint8Array.from(bytes);
  }
}
