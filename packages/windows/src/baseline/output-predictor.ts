import { type Signature, type Tensor, tableTensors, tensorAsJson } from '@fairlead/signature';
import { WindowsError } from '../windows-error.ts';
import type { WatchedColumn } from '../columns/watched-column.ts';
import type { PredictRows } from './baseline-options.ts';
import { readCategory, readNumber } from './read-cell.ts';

/** Rows of one request to the model. */
const BATCH_ROWS = 256;

/** A column whose values the model computes. */
export interface PredictedColumn {
  readonly column: WatchedColumn;
  /** Elements in a row of its tensor. */
  readonly width: number;
  /** Stores the value of a row. */
  readonly set: (row: number, value: unknown, place: string) => void;
}

/** An input of the model, in the order of the signature, with the place of its cell in a row of the table. */
export interface InputCell {
  readonly column: WatchedColumn;
  readonly cell: number;
}

interface PendingRow {
  readonly row: number;
  readonly cells: readonly unknown[];
  readonly place: string;
}

/** Runs a model on rows of a training table, for the outputs that the table doesn't have. */
export class OutputPredictor {
  readonly #signature: Signature;
  readonly #predict: PredictRows;
  readonly #inputs: readonly InputCell[];
  readonly #columns: readonly PredictedColumn[];
  readonly #batchRows: number;
  #pending: PendingRow[] = [];

  constructor(
    signature: Signature,
    predict: PredictRows,
    inputs: readonly InputCell[],
    columns: readonly PredictedColumn[],
  ) {
    this.#signature = signature;
    this.#predict = predict;
    this.#inputs = inputs;
    this.#columns = columns;
    const fixed = signature.inputs.map(({ shape: [batch = 1] }) => batch).find((size) => size > 0);
    this.#batchRows = fixed ?? BATCH_ROWS;
  }

  /** Adds a row of the table; true if enough rows wait for a request to the model. */
  add(row: number, cells: readonly unknown[], place: string): boolean {
    this.#pending.push({ row, cells: this.#inputCells(cells, place), place });
    return this.#pending.length >= this.#batchRows;
  }

  /** Runs the model on the rows that wait, and stores its outputs. */
  async run(): Promise<void> {
    const rows = this.#pending;
    this.#pending = [];
    if (rows.length === 0) return;
    const table = {
      columns: undefined,
      rows: rows.map(({ cells }) => cells),
      placeOf: (index: number) => `${rows[index]?.place ?? ''} of the training table`,
    };
    const outputs = await this.#predict(tableTensors(table, this.#signature));
    const dataOf = new Map<string, readonly unknown[]>();
    for (const { column, width, set } of this.#columns) {
      const { tensor, index } = column;
      const data = dataOf.get(tensor) ?? dataOfTensor(outputs, tensor, rows.length * width);
      dataOf.set(tensor, data);
      for (const [at, { row, place }] of rows.entries()) set(row, data[at * width + index], place);
    }
  }

  #inputCells(cells: readonly unknown[], row: string): readonly unknown[] {
    return this.#inputs.map(({ column, cell }) => {
      const value = inputValue(cells[cell], column, row);
      if (value !== null || column.datatype.startsWith('FP')) return value;
      throw new WindowsError(
        'ERR_WINDOWS_TABLE_INVALID',
        `${row} of the training table has no value in the column ${JSON.stringify(column.name)}, which holds ${column.datatype}, and the model needs one.`,
      );
    });
  }
}

/** Value of a cell as in JSON; null is missing. */
function inputValue(cell: unknown, { name, datatype }: WatchedColumn, row: string): unknown {
  const place = { column: name, row };
  if (datatype === 'BYTES' || datatype === 'BOOL') {
    const text = readCategory(cell, datatype, place);
    return datatype === 'BOOL' && text !== null ? text === 'true' : text;
  }
  const number = readNumber(cell, datatype, place);
  return Number.isNaN(number) ? null : number;
}

function dataOfTensor(
  outputs: readonly Tensor[],
  name: string,
  elements: number,
): readonly unknown[] {
  const found = outputs.find((output) => output.name === name);
  const data = found && tensorAsJson(found).data;
  if (data?.length === elements) return data;
  throw new WindowsError(
    'ERR_WINDOWS_TABLE_INVALID',
    `The model computed ${found === undefined ? 'no output' : `${found.data.length} elements of the output`} ${JSON.stringify(name)}, expected ${elements}. Add columns with its values to the training table.`,
  );
}
