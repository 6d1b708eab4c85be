import { describeValue, seededRandom } from '@fairlead/signature';
import type { FeatureBaseline } from '../bins/feature-baseline.ts';
import { type WatchedColumn, watchedColumns } from '../columns/watched-column.ts';
import { WindowsError } from '../windows-error.ts';
import type { Baseline } from './baseline.ts';
import type { CheckedBaselineOptions } from './baseline-options.ts';
import { calibrate } from './calibrate.ts';
import { NumberColumn } from './number-column.ts';
import { readNumber, readText } from './read-cell.ts';
import { TextColumn } from './text-column.ts';

/** One watched column of a table: where its cells are, and what they were. */
interface TableColumn {
  readonly column: WatchedColumn;
  /** Index of the cell in a row. */
  readonly cell: number;
  readonly values: NumberColumn | TextColumn;
}

/** Collects the rows of a training table, a random sample of a large one, and summarizes its columns. */
export class BaselineTable {
  readonly #options: CheckedBaselineOptions;
  readonly #features: readonly TableColumn[];
  readonly #outputs: readonly TableColumn[];
  readonly #labels: TextColumn | undefined;
  readonly #labelCell: number;
  readonly #random = seededRandom('baseline');
  #rows = 0;

  /** @param names - names of the columns, in the order of the cells of a row */
  constructor(names: readonly string[], options: CheckedBaselineOptions) {
    const { signature, label, maxCategories } = options;
    this.#options = options;
    const cells = cellsOf(names);
    const tableColumn = (column: WatchedColumn, cell: number): TableColumn => {
      const isText = column.datatype === 'BYTES' || column.datatype === 'BOOL';
      const values = isText ? new TextColumn(column, maxCategories) : new NumberColumn(column);
      return { column, cell, values };
    };
    const features = watchedColumns(signature.inputs);
    const taken = new Set([label, ...features.map(({ name }) => name)]);
    const outputs = watchedColumns(signature.outputs);
    const inOrder = unnamedCells(
      options,
      features,
      outputs.map(({ name }) => name),
      names,
    );
    this.#features = features.map((column, index) => {
      const cell = cells.get(column.name) ?? inOrder?.[index];
      if (cell === undefined) throw missingColumn(column.name, names);
      return tableColumn(column, cell);
    });
    this.#outputs = outputs.flatMap((column) => {
      const cell = taken.has(column.name) ? undefined : cells.get(column.name);
      return cell === undefined ? [] : [tableColumn(column, cell)];
    });
    this.#labelCell = label === undefined ? -1 : (cells.get(label) ?? -1);
    if (label !== undefined) {
      if (this.#labelCell === -1) throw missingColumn(label, names);
      const column = { name: label, tensor: label, index: 0, datatype: 'BYTES' } as const;
      this.#labels = new TextColumn(column, maxCategories);
    }
  }

  /**
   * Adds a row.
   *
   * @param place - of the row, for messages: `line 3`
   */
  add(cells: readonly unknown[], place: string): void {
    const row = this.#slot();
    if (row === undefined) return;
    for (const { column, cell, values } of [...this.#features, ...this.#outputs]) {
      const at = { column: column.name, row: place };
      if (values instanceof NumberColumn) {
        values.set(row, readNumber(cells[cell], column.datatype, at));
      } else values.set(row, readCategory(cells[cell], column, at));
    }
    const label = { column: this.#options.label ?? '', row: place };
    this.#labels?.set(row, readText(cells[this.#labelCell], label));
  }

  /** @throws WindowsError `ERR_WINDOWS_TABLE_INVALID` for a table without rows */
  baseline(): Baseline {
    if (this.#rows === 0) {
      throw new WindowsError(
        'ERR_WINDOWS_TABLE_INVALID',
        'The training table has no rows. A baseline needs one at least, after the names of the columns.',
      );
    }
    const sampledRows = Math.min(this.#rows, this.#options.maxRows);
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
    if (row < this.#options.maxRows) return row;
    const slot = Math.floor(this.#random() * this.#rows);
    return slot < this.#options.maxRows ? slot : undefined;
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

function readCategory(
  cell: unknown,
  column: WatchedColumn,
  place: { column: string; row: string },
) {
  if (column.datatype === 'BYTES') return readText(cell, place);
  const number = readNumber(cell, column.datatype, place);
  return Number.isNaN(number) ? null : String(number !== 0);
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
