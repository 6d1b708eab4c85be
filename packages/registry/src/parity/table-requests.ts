import type { Datatype, Signature, TensorSpec } from '@fairlead/signature';
import type { JsonTensor, JsonTensorData } from '../versions/manifest.ts';
import type { RowTable } from './row-table.ts';

/** Where the elements of one row of an input are. */
interface InputColumns {
  readonly spec: TensorSpec;
  readonly columns: readonly number[];
}

/**
 * Makes requests of the rows of a table: a column for each feature of an input, or for an input of one element a row;
 * where there is but one input and its features have no names, its columns are taken in their order.
 */
export function tableRequests(
  table: RowTable,
  signature: Signature,
  rowsPerRequest: number,
): readonly (readonly JsonTensor[])[] {
  const sole = signature.inputs.length === 1;
  const inputs = signature.inputs.map((spec) => ({ spec, columns: columnsOf(spec, table, sole) }));
  const size = requestRows(signature, rowsPerRequest);
  const requests: JsonTensor[][] = [];
  for (let start = 0; start < table.rows.length; start += size) {
    const count = Math.min(size, table.rows.length - start);
    requests.push(inputs.map((input) => tensorOf(input, table, start, count)));
  }
  return requests;
}

/** A model whose batch has a fixed size is asked for just that many rows. */
function requestRows({ inputs }: Signature, wanted: number): number {
  if (!Number.isSafeInteger(wanted) || wanted < 1) {
    throw new Error(`rowsPerRequest is ${wanted}; it must be a whole number from 1`);
  }
  return inputs.map(({ shape: [batch = 1] }) => batch).find((batch) => batch > 0) ?? wanted;
}

function columnsOf(spec: TensorSpec, { columns }: RowTable, sole: boolean): readonly number[] {
  const { name, shape, features } = spec;
  const elements = shape.slice(1).reduce((product, length) => product * length, 1);
  const place = `input ${JSON.stringify(name)} of shape [${shape.join(',')}]`;
  if (shape.slice(1).some((length) => length < 0)) {
    throw new Error(`${place} has rows of any length: give requests as .jsonl instead of a table`);
  }
  const wanted = features?.length === elements ? features.map((each) => each.name) : [name];
  const places = new Map(columns.map((column, at) => [column, at]));
  const found = wanted.map((column) => places.get(column) ?? -1);
  if (wanted.length === elements && !found.includes(-1)) return found;
  if (sole && features === undefined && columns.length === elements)
    return columns.map((_, at) => at);
  const missing = wanted.filter((_, index) => found[index] === -1).slice(0, 5);
  const expected =
    wanted.length === elements
      ? `there is no column ${missing.map((column) => JSON.stringify(column)).join(', ')}`
      : `it needs ${elements} columns and there are ${columns.length}`;
  throw new Error(`${place}: ${expected}`);
}

function tensorOf(
  { spec, columns }: InputColumns,
  { rows, columns: names, placeOf }: RowTable,
  start: number,
  count: number,
): JsonTensor {
  const { name, datatype, shape } = spec;
  const data = rows.slice(start, start + count).flatMap((row, index) =>
    columns.map((column) => {
      const value = readValue(row[column], datatype);
      if (value !== undefined) return value;
      const shown = JSON.stringify(row[column] ?? null).slice(0, 80);
      const place = `${placeOf(start + index)}, column ${JSON.stringify(names[column])}`;
      throw new Error(`${place}: ${shown} is no ${datatype}`);
    }),
  );
  return { name, datatype, shape: [count, ...shape.slice(1)], data };
}

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  1: true,
  0: false,
};

/** A cell as an element of a tensor; `undefined` when it can't be one. */
function readValue(cell: unknown, datatype: Datatype): JsonTensorData | undefined {
  if (datatype === 'BYTES') return typeof cell === 'string' ? cell : undefined;
  if (datatype === 'BOOL') return booleans[String(cell).toLowerCase()];
  if (typeof cell === 'bigint' || typeof cell === 'number') return cell;
  if (typeof cell !== 'string' || cell.trim() === '') return undefined;
  if (datatype === 'INT64' || datatype === 'UINT64') {
    return /^-?\d+$/.test(cell) ? BigInt(cell) : undefined;
  }
  const value = Number(cell);
  return Number.isFinite(value) ? value : undefined;
}
