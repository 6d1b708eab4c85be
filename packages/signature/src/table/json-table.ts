import { invalidTable, type Table } from './table.ts';

/**
 * Reads a pandas DataFrame in the form of `orient="split"`: `{"columns": […], "data": [[…], …]}`. Columns are strings or
 * numbers; `columns` may be omitted or `null`.
 *
 * @throws SignatureError `ERR_SIGNATURE_TABLE_INVALID`
 *
 * @example
 * ```ts
 * import { splitTable } from '@fairlead/signature';
 *
 * const { columns, rows } = splitTable({
 *   columns: ['age', 'income'],
 *   data: [
 *     [41, 3000],
 *     [42, null],
 *   ],
 * });
 * console.log(columns, rows.length); // [ 'age', 'income' ] 2
 * ```
 */
export function splitTable(value: unknown): Table {
  if (!isRecord(value) || !Array.isArray(value.data)) {
    throw invalidTable('a table in split form must be {"columns":[…],"data":[[…],…]}');
  }
  const rows = value.data as readonly unknown[];
  const bad = rows.findIndex((row) => !Array.isArray(row));
  if (bad !== -1) throw invalidTable(`row ${bad} of "data" must be a list of cells`);
  return {
    columns: readColumns(value.columns ?? undefined),
    rows: rows as readonly (readonly unknown[])[],
    placeOf: (row) => `row ${row} of "data"`,
  };
}

/**
 * Reads a pandas DataFrame in the form of `orient="records"`: `[{"column": value, …}, …]`. The first record names the
 * columns.
 *
 * @throws SignatureError `ERR_SIGNATURE_TABLE_INVALID`
 *
 * @example
 * ```ts
 * import { recordsTable } from '@fairlead/signature';
 *
 * const { columns, rows } = recordsTable([{ age: 41, income: 3000 }, { age: 42 }]);
 * console.log(columns, rows[1]); // [ 'age', 'income' ] [ 42, undefined ]
 * ```
 */
export function recordsTable(value: unknown): Table {
  if (!Array.isArray(value)) throw invalidTable('records must be a list of {"column": value, …}');
  const records = value as readonly unknown[];
  const columns = isRecord(records[0]) ? Object.keys(records[0]) : [];
  const rows = records.map((record, row) => {
    if (!isRecord(record)) throw invalidTable(`record ${row} must be {"column": value, …}`);
    return columns.map((name) => (Object.hasOwn(record, name) ? record[name] : undefined));
  });
  return { columns, rows, placeOf: (row) => `record ${row}` };
}

function readColumns(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every(isColumn)) return value.map(String);
  throw invalidTable('"columns" must be a list of names or numbers');
}

function isColumn(name: unknown): name is string | number {
  return typeof name === 'string' || Number.isSafeInteger(name);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
