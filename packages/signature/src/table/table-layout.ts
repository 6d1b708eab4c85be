import type { TensorSpec } from '../signature.ts';
import { elementCount } from '../tensor.ts';
import { invalidTable, quoteName } from './table.ts';

/** Columns of a table that contain one input. */
export interface InputLayout {
  readonly spec: TensorSpec;
  /** Indexes of the columns, in the order of the elements of a row. */
  readonly columns: readonly number[];
  /** True if one column contains the whole input: a cell is a row of it. */
  readonly whole: boolean;
}

/** Properties of a table that decide its layout. */
export interface TableHead {
  /** Undefined if the columns have no names. */
  readonly columns: readonly string[] | undefined;
  /** Number of columns. */
  readonly width: number;
  /** True if cells contain lists: then a cell may be more than one element. */
  readonly nested?: boolean;
}

/**
 * Finds the columns of each input: the column with the name of the input, else the columns with the names of its features, else
 * all columns in their order. If the columns have names, those that no input uses are ignored.
 *
 * Columns that are numbered from 0, as in a pandas DataFrame of an array, have no names, unless inputs or features of the
 * signature have these names.
 *
 * @throws SignatureError `ERR_SIGNATURE_TABLE_INVALID` naming the missing or repeated column.
 */
export function layOutTable(
  { columns, width, nested = false }: TableHead,
  inputs: readonly TensorSpec[],
): readonly InputLayout[] {
  if (columns === undefined || areNumbers(columns, inputs)) return inOrder(width, nested, inputs);
  const [single] = inputs;
  const takesAny =
    inputs.length === 1 && single?.features === undefined && !columns.includes(single?.name ?? '');
  if (takesAny) return inOrder(width, nested, inputs);
  const places = new Map<string, number>();
  const repeated = new Set<string>();
  for (const [place, name] of columns.entries()) {
    if (places.has(name)) repeated.add(name);
    else places.set(name, place);
  }
  const placeOf = (name: string): number => {
    const place = places.get(name);
    if (place === undefined) throw missing(name, columns);
    if (repeated.has(name)) throw invalidTable(`the table has the column ${quoteName(name)} twice`);
    return place;
  };
  return inputs.map((spec) => {
    const { name, features } = spec;
    if (features === undefined || places.has(name))
      return { spec, columns: [placeOf(name)], whole: true };
    return { spec, columns: features.map((each) => placeOf(each.name)), whole: false };
  });
}

/** Returns the number of cells in a row of an input; undefined if it varies. */
function rowLength({ shape }: TensorSpec): number | undefined {
  const rest = shape.slice(1);
  return rest.includes(-1) ? undefined : elementCount(rest);
}

/** Returns the names that columns may have: of inputs and of features. */
export function columnNames(inputs: readonly TensorSpec[]): ReadonlySet<string> {
  return new Set(
    inputs.flatMap(({ name, features = [] }) => [name, ...features.map((each) => each.name)]),
  );
}

/** Returns whether columns are numbered from 0, in order, and the signature has no such names. */
function areNumbers(columns: readonly string[], inputs: readonly TensorSpec[]): boolean {
  if (!columns.every((name, place) => name === String(place))) return false;
  const known = columnNames(inputs);
  return !columns.some((name) => known.has(name));
}

function inOrder(
  width: number,
  nested: boolean,
  inputs: readonly TensorSpec[],
): readonly InputLayout[] {
  const [single] = inputs;
  if (single !== undefined && inputs.length === 1) {
    const columns = range(0, width);
    const takes = rowLength(single);
    if (!nested && takes !== undefined && takes !== width) throw wrongWidth(single, takes, width);
    return [{ spec: single, columns, whole: nested && width === 1 }];
  }
  const lengths = inputs.map((spec) => (nested ? 1 : (rowLength(spec) ?? 1)));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total !== width) {
    const names = inputs.map(({ name }) => quoteName(name)).join(', ');
    throw invalidTable(
      `the columns have no names, and there are ${width}; the inputs ${names} take ${total}, in this order`,
    );
  }
  let next = 0;
  return inputs.map((spec, index) => {
    const length = lengths[index] ?? 1;
    const columns = range(next, length);
    next += length;
    return { spec, columns, whole: length === 1 };
  });
}

/** Returns integers from `start`; without a callback for each, as a table may have hundreds of thousands of columns. */
function range(start: number, length: number): readonly number[] {
  const numbers: number[] = [];
  for (let index = 0; index < length; index++) numbers.push(start + index);
  return numbers;
}

function wrongWidth({ name, shape }: TensorSpec, takes: number, width: number): Error {
  const input = `input ${quoteName(name)} of shape [${shape.join(',')}]`;
  return invalidTable(`${input} needs ${takes} columns and there are ${width}`);
}

function missing(name: string, columns: readonly string[]): Error {
  const given = columns.slice(0, 10).map(quoteName).join(', ');
  const more = columns.length > 10 ? `, … (${columns.length} in all)` : '';
  return invalidTable(`the table has no column ${quoteName(name)}; it has ${given}${more}`);
}
