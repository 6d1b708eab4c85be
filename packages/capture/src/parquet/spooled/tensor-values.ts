import { elementCount } from '@fairlead/signature';
import type { CapturedTensor } from '../../columns/captured-tensor.ts';
import { tensorColumns, type TensorColumns } from '../../columns/tensor-columns.ts';
import type { SpoolVersion } from '../../spool/spool-line.ts';
import type { ParquetValue } from '../parquet-value.ts';
import { type ElementList, elementList } from './element-list.ts';
import type { SpooledValues } from './spooled-values.ts';

/** Place of the values of a column. */
interface ColumnPlace {
  /** Index of the tensor in a line. */
  readonly tensor: number;
  /** Index of the captured feature, 0 for a whole tensor. */
  readonly feature: number;
}

/** A captured tensor of a version, with its elements of all requests so far. */
interface TensorElements {
  readonly columns: TensorColumns;
  readonly elements: ElementList;
}

/** Places of the columns of a version in lines of format 2. */
export interface TensorLayout {
  readonly tensors: readonly TensorElements[];
  readonly places: readonly ColumnPlace[];
}

/** Returns where lines have the values of the columns of a version. */
export function tensorLayout({ columns }: SpoolVersion): TensorLayout {
  const tensors = tensorColumns(columns).map((of) => ({
    columns: of,
    elements: elementList(of.tensor, of.datatype),
  }));
  const places = tensors.flatMap(({ columns: { features } }, tensor) =>
    (features ?? [0]).map((_, feature) => ({ tensor, feature })),
  );
  return { tensors, places };
}

/** Elements of a tensor of one request. */
interface RequestTensor {
  readonly shape: readonly number[];
  /** Index of the first one among those of all requests. */
  readonly begin: number;
  /** Elements of one row, of all rows if the tensor isn't batched. */
  readonly width: number;
}

/** Values of a request in a line of format 2. */
export class TensorValues implements SpooledValues {
  readonly #layout: TensorLayout;
  readonly #tensors: readonly (RequestTensor | undefined)[];

  /** @throws Error if the tensors don't fit to the columns */
  constructor(layout: TensorLayout, captured: readonly unknown[], rows: number) {
    this.#layout = layout;
    this.#tensors = layout.tensors.map((of, index) =>
      appendTensor(of, captured[index] ?? null, rows),
    );
  }

  at(column: number, row: number): ParquetValue {
    const place = this.#layout.places[column];
    if (place === undefined) return null;
    const tensor = this.#tensors[place.tensor];
    const of = this.#layout.tensors[place.tensor];
    if (tensor === undefined || of === undefined) return null;
    const { shape, width } = tensor;
    const { batched, depth } = of.columns;
    const begin = tensor.begin + (batched ? row * width : 0) + place.feature;
    if (depth === 0) return of.elements.at(begin);
    const level = { dimension: batched ? 1 : 0, depth, begin, width };
    return listAt({ shape, elements: of.elements }, level);
  }
}

function appendTensor(
  { columns, elements }: TensorElements,
  captured: Partial<CapturedTensor> | null,
  rows: number,
): RequestTensor | undefined {
  if (captured === null) return undefined;
  const { tensor: name, depth, batched, features } = columns;
  const { shape, data } = captured;
  if (typeof data !== 'string') throw new TypeError(`the data of ${name} is no text`);
  if (!isShape(shape)) throw new TypeError(`${name} has no shape`);
  const rank = (batched ? 1 : 0) + depth + (features === null ? 0 : 1);
  const fits =
    (depth === 0 || shape.length === rank) &&
    (!batched || shape[0] === rows) &&
    (features === null || shape.at(-1) === features.length);
  if (!fits) throw new RangeError(`${name} has the shape [${shape.join()}]`);
  const begin = elements.append(shape, data);
  return { shape, begin, width: elementCount(batched ? shape.slice(1) : shape) };
}

function isShape(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && length >= 0)
  );
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
  of: { readonly shape: readonly number[]; readonly elements: ElementList },
  { dimension, depth, begin, width }: Level,
): ParquetValue {
  const length = of.shape[dimension] ?? 0;
  const step = width / length;
  const items: ParquetValue[] = [];
  for (let item = 0, at = begin; item < length; item += 1, at += step) {
    const inner = { dimension: dimension + 1, depth: depth - 1, begin: at, width: step };
    items.push(depth === 1 ? of.elements.at(at) : listAt(of, inner));
  }
  return items;
}
