import { checkOptions } from '../check-options.ts';
import type { Datatype } from '../datatype.ts';
import type { Signature, TensorSpec } from '../signature.ts';
import { csvCellReader, csvIgnored, isCsvCell, isCsvNumber } from './csv-cell.ts';
import type { CsvCellReader } from './csv-cell.ts';
import { CsvReader } from './csv-reader.ts';
import { invalidTable, type Table } from './table.ts';
import { columnNames, layOutTable, type TableHead } from './table-layout.ts';

/** Options of {@link readCsv}. */
export interface CsvOptions {
  /**
   * Header: the first line with the names of the columns. `present`: always, as pandas and MLflow read CSV. `detect`: if one
   * of its cells is the name of an input or a feature, or none of its cells can be a value of its column.
   */
  readonly header: 'present' | 'detect';
}

/**
 * Reads CSV (RFC 4180) as a table for the inputs of a model; the datatype of its column decides how a cell is read, quoted or
 * not. Empty lines are skipped.
 *
 * In a column of numbers an empty cell, `NaN` and other texts that pandas reads as missing are `null`, `inf` is an infinity,
 * and `True` and `False` are booleans; in a column of `BYTES` every cell is text, unchanged.
 *
 * @throws SignatureError `ERR_SIGNATURE_TABLE_INVALID` naming the invalid line or the missing column.
 *
 * @example
 * ```ts
 * import { readCsv, tableTensors } from '@fairlead/signature';
 *
 * const signature = {
 *   inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
 *   outputs: [],
 * } as const;
 * const table = readCsv('1,2,3\n4,5,6\n', signature, { header: 'detect' });
 * const [x] = tableTensors(table, signature);
 * console.log(x?.shape); // [ 2, 3 ]
 * ```
 */
export function readCsv(
  text: string,
  { inputs }: Pick<Signature, 'inputs'>,
  options: CsvOptions,
): Table {
  const { header } = checkOptions('readCsv', options, { header: 'required' });
  const reader = new CsvReader(text);
  const first = reader.line([]) as readonly string[] | undefined;
  if (first === undefined) throw invalidTable('the CSV is empty');
  const width = first.length;
  const named = header === 'present' || isHeader(first, inputs);
  const columns = named ? first.map((name) => name.trim()) : undefined;
  if (header === 'present') rejectNumbers(first, inputs);
  const readers = readersOf({ columns, width }, inputs);
  if (!named) reader.rewind();
  const rows: (readonly unknown[])[] = [];
  const lines: number[] = [];
  for (;;) {
    const row = reader.line(readers);
    if (row === undefined) break;
    const { lineNumber: line, skippedLines } = reader;
    if (row.length !== width) {
      throw invalidTable(`line ${line} has ${row.length} cells, but there are ${width} columns`);
    }
    if (width === 1 && rows.length > 0 && skippedLines > 0) {
      const message = `line ${line - 1} is empty: in a single column write "" for a missing value`;
      throw invalidTable(message);
    }
    rows.push(row);
    lines.push(line);
  }
  if (rows.length === 0) {
    throw invalidTable(
      'the CSV has no rows: it needs lines of values after the names of the columns',
    );
  }
  return { columns, rows, placeOf: (row) => `line ${lines[row] ?? row + 1}` };
}

function isHeader(cells: readonly string[], inputs: readonly TensorSpec[]): boolean {
  const names = columnNames(inputs);
  // A number is a value, even if it is the name of a feature.
  if (cells.some((cell) => names.has(cell.trim()) && !isCsvNumber(cell))) return true;
  const types = datatypesOf({ columns: undefined, width: cells.length }, inputs);
  const filled = [...cells.entries()].filter(([, cell]) => cell.trim() !== '');
  return filled.length > 0 && !filled.some(([at, cell]) => isCsvCell(cell, types?.[at] ?? 'FP64'));
}

/** Rejects a first line of numbers, which would be lost as names of columns. */
function rejectNumbers(cells: readonly string[], inputs: readonly TensorSpec[]): void {
  const names = columnNames(inputs);
  const isNumbered = cells.every((cell, at) => cell.trim() === String(at));
  if (isNumbered || !cells.every((cell) => isCsvNumber(cell) && !names.has(cell.trim()))) return;
  throw invalidTable('the first line of the CSV must name the columns, and it holds only numbers');
}

function readersOf(head: TableHead, inputs: readonly TensorSpec[]): readonly CsvCellReader[] {
  const readers = new Array<CsvCellReader>(head.width).fill(csvIgnored);
  for (const { spec, columns } of layOutTable(head, inputs)) {
    for (const column of columns) readers[column] = csvCellReader(spec.datatype);
  }
  return readers;
}

/** Returns the datatype of each column; undefined if the columns don't match the inputs. */
function datatypesOf(
  head: TableHead,
  inputs: readonly TensorSpec[],
): readonly Datatype[] | undefined {
  try {
    const types = new Array<Datatype>(head.width).fill('FP64');
    for (const { spec, columns } of layOutTable(head, inputs)) {
      for (const column of columns) types[column] = spec.datatype;
    }
    return types;
  } catch {
    return undefined;
  }
}
