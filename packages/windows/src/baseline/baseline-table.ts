import { describeValue, seededRandom, type TensorSpec } from '@fairlead/signature';
import type { FeatureBaseline } from '../bins/feature-baseline.ts';
import { rowWidth, type WatchedColumn, watchedColumns } from '../columns/watched-column.ts';
import { WindowsError } from '../windows-error.ts';
import type { Baseline } from './baseline.ts';
import type { CheckedBaselineOptions } from './baseline-options.ts';
import { calibrate } from './calibrate.ts';
import { NumberColumn } from './number-column.ts';
import { OutputPredictor } from './output-predictor.ts';
import { readCategory, readNumber, readText } from './read-cell.ts';
import { TextColumn } from './text-column.ts';

/** Rows that a model is run on at most: enough for the bins of its outputs, and seconds for most models. */
const MAX_PREDICTED_ROWS = 20_000;

/** One watched column of a table: where its cells are, and what they were. */
interface TableColumn {
  readonly column: WatchedColumn;
  /** Index of the cell in a row; undefined for an output that the model computes. */
  readonly cell: number | undefined;
  readonly values: NumberColumn | TextColumn;
}

/** Collects the rows of a training table, a random sample of a large one, and summarizes its columns. */
export class BaselineTable {
  readonly #options: CheckedBaselineOptions;
  readonly #features: readonly TableColumn[];
  readonly #outputs: readonly TableColumn[];
  readonly #labels: TextColumn | undefined;
  readonly #labelCell: number;
  readonly #maxRows: number;
  readonly #predictor: OutputPredictor | undefined;
  readonly #random = seededRandom('baseline');
  #rows = 0;

  /** @param names - names of the columns, in the order of the cells of a row */
  constructor(names: readonly string[], options: CheckedBaselineOptions) {
    const { signature, label, maxCategories, maxRows, predict } = options;
    this.#options = options;
    const cells = cellsOf(names);
    const tableColumn = (column: WatchedColumn, cell?: number): TableColumn => {
      const isText = column.datatype === 'BYTES' || column.datatype === 'BOOL';
      const values = isText ? new TextColumn(column, maxCategories) : new NumberColumn(column);
      return { column, cell, values };
    };
    const features = watchedColumns(signature.inputs);
    const taken = new Set([label, ...features.map(({ name }) => name)]);
    const outputs = watchedColumns(signature.outputs);
    const outputNames = outputs.map(({ name }) => name);
    const cellsOfInputs = (columns: readonly WatchedColumn[]): readonly number[] => {
      const inOrder = unnamedCells(options, columns, outputNames, names);
      return columns.map(({ name }, index) => {
        const cell = cells.get(name) ?? inOrder?.[index];
        if (cell === undefined) throw missingColumn(name, names);
        return cell;
      });
    };
    const featureCells = cellsOfInputs(features);
    this.#features = features.map((column, index) => tableColumn(column, featureCells[index]));
    this.#outputs = outputs.flatMap((column) => {
      const cell = taken.has(column.name) ? undefined : cells.get(column.name);
      return cell === undefined && predict === undefined ? [] : [tableColumn(column, cell)];
    });
    const predicted = this.#outputs.filter(({ cell }) => cell === undefined);
    this.#maxRows = predicted.length === 0 ? maxRows : Math.min(maxRows, MAX_PREDICTED_ROWS);
    if (predict !== undefined && predicted.length > 0) {
      const inputs = watchedColumns(signature.inputs, { withSensitive: true });
      const inputCells = cellsOfInputs(inputs);
      this.#predictor = new OutputPredictor(
        signature,
        predict,
        inputs.map((column, index) => ({ column, cell: inputCells[index] ?? -1 })),
        predicted.map(({ column, values }) => ({
          column,
          width: rowWidthOf(signature.outputs, column),
          set: (row, value, place) => {
            setCell(values, row, value, column, place);
          },
        })),
      );
    }
    this.#labelCell = label === undefined ? -1 : (cells.get(label) ?? -1);
    if (label !== undefined) {
      if (this.#labelCell === -1) throw missingColumn(label, names);
      const column = { name: label, tensor: label, index: 0, datatype: 'BYTES' } as const;
      this.#labels = new TextColumn(column, maxCategories);
    }
  }

  /**
   * Adds a row; returns true if rows wait for {@link predictWaiting}.
   *
   * @param place - of the row, for messages: `line 3`
   */
  add(cells: readonly unknown[], place: string): boolean {
    const row = this.#slot();
    if (row === undefined) return false;
    for (const { column, cell, values } of [...this.#features, ...this.#outputs]) {
      if (cell !== undefined) setCell(values, row, cells[cell], column, place);
    }
    const label = { column: this.#options.label ?? '', row: place };
    this.#labels?.set(row, readText(cells[this.#labelCell], label));
    return this.#predictor?.add(row, cells, place) ?? false;
  }

  /** Runs the model on the rows that wait for its outputs. */
  async predictWaiting(): Promise<void> {
    await this.#predictor?.run();
  }

  /** @throws WindowsError `ERR_WINDOWS_TABLE_INVALID` for a table without rows */
  baseline(): Baseline {
    if (this.#rows === 0) {
      throw new WindowsError(
        'ERR_WINDOWS_TABLE_INVALID',
        'The training table has no rows. A baseline needs one at least, after the names of the columns.',
      );
    }
    const sampledRows = Math.min(this.#rows, this.#maxRows);
    const summarize = ({ values }: TableColumn): FeatureBaseline => values.baseline(sampledRows);
    const calibration = this.#calibration(sampledRows);
    return {
      rows: this.#rows,
      sampledRows,
      features: this.#features.map(summarize),
      outputs: this.#outputs.map(summarize),
      ...(calibration !== undefined && { calibration }),
    };
  }

  /** Row to overwrite: each row of the table has the same chance to be in the sample (Vitter, algorithm R). */
  #slot(): number | undefined {
    const row = this.#rows;
    this.#rows += 1;
    if (row < this.#maxRows) return row;
    const slot = Math.floor(this.#random() * this.#rows);
    return slot < this.#maxRows ? slot : undefined;
  }

  #calibration(rows: number): Baseline['calibration'] {
    const { scores, signature } = this.#options;
    const labels = this.#labels;
    const spec = signature.outputs.find(({ name }) => name === scores);
    if (labels === undefined || spec === undefined) return undefined;
    const columns = this.#outputs.flatMap(({ column, values }) =>
      column.tensor === scores && values instanceof NumberColumn
        ? [{ index: column.index, score: (row: number) => values.get(row) }]
        : [],
    );
    const label = { name: this.#options.label ?? '', text: (row: number) => labels.get(row) };
    return calibrate(spec, columns, label, rows);
  }
}

/**
 * Cells of the features of a single input without names, in order: all columns but the label and the outputs; undefined if they
 * have names, or their number is another.
 */
function unnamedCells(
  { signature, label }: CheckedBaselineOptions,
  features: readonly WatchedColumn[],
  outputs: readonly string[],
  names: readonly string[],
): readonly number[] | undefined {
  const [input] = signature.inputs;
  const others = new Set([label, ...outputs]);
  const cells = [...names.keys()].filter((cell) => !others.has(names[cell]));
  const isUnnamed = signature.inputs.length === 1 && input?.features === undefined;
  const isFound = features.some(({ name }) => names.includes(name));
  return isUnnamed && !isFound && cells.length === features.length ? cells : undefined;
}

function setCell(
  values: NumberColumn | TextColumn,
  row: number,
  cell: unknown,
  { name, datatype }: WatchedColumn,
  place: string,
): void {
  const at = { column: name, row: place };
  if (values instanceof NumberColumn) values.set(row, readNumber(cell, datatype, at));
  else values.set(row, readCategory(cell, datatype === 'BOOL' ? 'BOOL' : 'BYTES', at));
}

function rowWidthOf(specs: readonly TensorSpec[], { tensor }: WatchedColumn): number {
  const spec = specs.find(({ name }) => name === tensor);
  return spec === undefined ? 0 : rowWidth(spec);
}

function cellsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const cells = new Map<string, number>();
  for (const [cell, name] of names.entries()) {
    if (cells.has(name)) {
      throw new WindowsError(
        'ERR_WINDOWS_TABLE_INVALID',
        `The training table has the column ${describeValue(name)} twice. Remove or rename one of them.`,
      );
    }
    cells.set(name, cell);
  }
  return cells;
}

function missingColumn(name: string, names: readonly string[]): WindowsError {
  const given = names.slice(0, 10).map(describeValue).join(', ');
  const more = names.length > 10 ? `, … (${names.length} in all)` : '';
  return new WindowsError(
    'ERR_WINDOWS_TABLE_INVALID',
    `The training table has no column ${describeValue(name)}; it has ${given}${more}. Name the columns as the signature does.`,
  );
}
