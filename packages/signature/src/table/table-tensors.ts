import { datatypes } from '../datatype.ts';
import { decodeTensor } from '../decode-tensor.ts';
import { pooledStorage } from '../pooled-storage.ts';
import { checkFinite, elementsReader } from '../read-elements.ts';
import type { Signature, TensorSpec } from '../signature.ts';
import { elementCount, type Tensor } from '../tensor.ts';
import { invalidTable, quoteName, type Table } from './table.ts';
import { layOutTable, type InputLayout } from './table-layout.ts';

/**
 * Converts a table to the inputs of a model: one tensor for each input, with a row for each row of the table.
 *
 * The signature decides how a cell is read. In columns of numbers `true` and `false` are 1 and 0; in columns of floating
 * point a missing value (`null`) is NaN; in columns of `BYTES` a cell is text. Columns that no input uses are ignored.
 *
 * @throws SignatureError `ERR_SIGNATURE_TABLE_INVALID` naming a missing column, or a row without a cell;
 * `ERR_SIGNATURE_TENSOR_INVALID` naming input, row and column of a cell that isn't of the input's datatype.
 *
 * @example
 * ```ts
 * import { recordsTable, tableTensors } from '@fairlead/signature';
 *
 * const signature = {
 *   inputs: [{ name: 'age', datatype: 'FP32', shape: [-1, 1] }],
 *   outputs: [],
 * } as const;
 * const table = recordsTable([
 *   { id: 7, age: 41.5 },
 *   { id: 8, age: null },
 * ]);
 * const [age] = tableTensors(table, signature);
 * console.log(age?.shape, [...(age?.data ?? [])]); // [ 2, 1 ] [ 41.5, NaN ]
 * ```
 */
export function tableTensors(
  table: Table,
  { inputs }: Pick<Signature, 'inputs'>,
): readonly Tensor[] {
  const [first] = table.rows;
  if (first === undefined) throw invalidTable('the table has no rows');
  const { columns } = table;
  const width = columns?.length ?? first.length;
  const uneven = table.rows.findIndex((cells) => cells.length !== width);
  if (uneven !== -1) {
    const found = `${table.rows[uneven]?.length ?? 0} cells, but there are ${width} columns`;
    throw invalidTable(`${table.placeOf(uneven)} has ${found}`);
  }
  const nested = first.some((cell) => Array.isArray(cell));
  return layOutTable({ columns, width, nested }, inputs).map((layout) => tensorOf(layout, table));
}

function tensorOf(layout: InputLayout, table: Table): Tensor {
  const { spec, columns } = layout;
  const cells = table.rows[0] ?? [];
  const nested = columns.some((column) => Array.isArray(cells[column]));
  return nested ? nestedTensor(layout, table) : flatTensor(spec, columns, table);
}

function flatTensor(spec: TensorSpec, columns: readonly number[], table: Table): Tensor {
  const { name, datatype } = spec;
  const { rows } = table;
  const width = columns.length;
  const shape = [rows.length, ...rowShape(spec, width)];
  const isNumber = datatypes[datatype].kind !== 'bytes';
  const values: unknown[] = [];
  for (let row = 0; row < rows.length; row++) {
    const cells = rows[row] ?? [];
    for (let place = 0; place < width; place++) {
      let cell = cells[columns[place] ?? -1];
      if (typeof cell === 'boolean' && isNumber) cell = cell ? 1 : 0;
      else if (cell === undefined) throw noCell(table, row, columns[place] ?? -1);
      values.push(cell);
    }
  }
  const placeOf = (index: number): string =>
    `in ${placeOfCell(table, Math.floor(index / width), columns[index % width] ?? 0)}`;
  const data = pooledStorage(datatype, values.length);
  const infinities = { count: 0 };
  elementsReader(name, datatype, data, infinities, placeOf)(values, 0);
  checkFinite(name, datatype, data, values.length, infinities, placeOf);
  // The storage was allocated for `datatype`.
  return { name, datatype, shape, data } as Tensor;
}

/** Returns the dimensions after the first one for `width` cells in a row. */
function rowShape({ name, shape }: TensorSpec, width: number): readonly number[] {
  const rest = shape.slice(1);
  const fixed = elementCount(rest.filter((length) => length !== -1));
  const open = rest.filter((length) => length === -1).length;
  const input = `input ${quoteName(name)} of shape [${shape.join(',')}]`;
  if (open > 1) {
    throw invalidTable(`${input} has rows of any shape: send them as nested lists, not as a table`);
  }
  if (open === 0 && fixed !== width) {
    throw invalidTable(
      `${input} needs ${fixed} elements in a row, as a list or as columns, not ${width}`,
    );
  }
  if (open === 1 && (fixed === 0 || width % fixed !== 0)) {
    throw invalidTable(`${input} needs a multiple of ${fixed} elements in a row, not ${width}`);
  }
  return rest.map((length) => (length === -1 ? width / fixed : length));
}

/** Converts cells that are lists to a tensor with their shape. */
function nestedTensor({ spec, columns, whole }: InputLayout, table: Table): Tensor {
  const { name, datatype } = spec;
  const [column = -1] = columns;
  const single = whole && spec.shape.length === 2 && spec.shape[1] === 1;
  const data = table.rows.map((cells, row) => {
    const absent = columns.find((each) => cells[each] === undefined);
    if (absent !== undefined) throw noCell(table, row, absent);
    if (!whole) return columns.map((each) => cells[each]);
    const cell = cells[column];
    return single && !Array.isArray(cell) ? [cell] : cell;
  });
  const shape: number[] = [];
  for (let inner: unknown = data; Array.isArray(inner) && shape.length < 33; inner = inner[0])
    shape.push(inner.length);
  return decodeTensor({ name, datatype, shape, data });
}

function noCell(table: Table, row: number, column: number): Error {
  return invalidTable(`there is no value in ${placeOfCell(table, row, column)}`);
}

function placeOfCell({ columns, placeOf }: Table, row: number, column: number): string {
  const name = columns?.[column];
  return `${placeOf(row)}, column ${name === undefined ? column + 1 : quoteName(name)}`;
}
