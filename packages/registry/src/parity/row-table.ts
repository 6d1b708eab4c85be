import { CsvError, parse } from 'csv-parse/sync';

/** Rows by columns, before it is known what they are. */
export interface RowTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** Where a row is, for messages: `line 3`. */
  readonly placeOf: (row: number) => string;
}

/** Reads CSV (RFC 4180) whose first line names the columns. */
export function csvTable(text: string): RowTable {
  let records: string[][];
  const lines: number[] = [];
  try {
    records = parse(text, {
      bom: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (record: string[], { lines: line }: { lines: number }) => {
        lines.push(line);
        return record;
      },
    });
  } catch (error) {
    throw error instanceof CsvError ? new Error(error.message, { cause: error }) : error;
  }
  const [columns = [], ...rows] = records;
  checkColumns(columns);
  return { columns, rows, placeOf: (row) => `line ${lines[row + 1] ?? row + 2}` };
}

/** Reads a list of `{column: value}`; all have the columns of the first. */
export function recordsTable(records: readonly unknown[]): RowTable {
  const [first] = records;
  if (first === undefined) throw new Error('it has no rows');
  const columns = isRecord(first) ? Object.keys(first) : [];
  const rows = records.map((record, index) => {
    if (!isRecord(record)) throw new Error(`item ${index + 1}: expected {"column": value, …}`);
    return columns.map((column) => record[column]);
  });
  return { columns, rows, placeOf: (row) => `item ${row + 1}` };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkColumns(columns: readonly string[]): void {
  const seen = new Set<string>();
  const twice = columns.find((column) => seen.size === seen.add(column).size);
  if (twice !== undefined) throw new Error(`column ${JSON.stringify(twice)} is there twice`);
}
