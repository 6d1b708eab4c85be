import type { Signature, Tensor, TensorSpec } from '@fairlead/signature';
import { badRequest, isJsonObject } from '../json-body.ts';
import { tensorOfNested } from '../nested-tensor.ts';

/** A table: rows of cells, with or without names for the columns. */
export interface DataFrame {
  readonly columns: readonly string[] | undefined;
  readonly rows: readonly (readonly unknown[])[];
}

/** Reads MLflow's `dataframe_split`: `{columns?, index?, data}`. */
export function readSplit(value: unknown): DataFrame {
  if (!isJsonObject(value) || !Array.isArray(value.data)) {
    throw badRequest('"dataframe_split" must be {"columns":[…],"data":[[…],…]}');
  }
  const { columns, data } = value;
  if (columns !== undefined && !isNames(columns))
    throw badRequest('"columns" must be a list of names');
  const rows = data as readonly unknown[];
  const bad = rows.findIndex(
    (row) => !Array.isArray(row) || row.length !== (columns?.length ?? row.length),
  );
  if (bad !== -1)
    throw badRequest(`row ${bad} of "data" must be a list with a cell for each column`);
  return { columns, rows: rows as readonly (readonly unknown[])[] };
}

/** Reads MLflow's `dataframe_records`: `[{column: cell, …}, …]`. */
export function readRecords(value: unknown): DataFrame {
  if (!Array.isArray(value) || !value.every(isJsonObject)) {
    throw badRequest('"dataframe_records" must be a list of objects');
  }
  const columns = Object.keys(value[0] ?? {});
  return {
    columns,
    rows: value.map((record, row) =>
      columns.map((column) => {
        if (Object.hasOwn(record, column)) return record[column];
        throw badRequest(`record ${row} has no "${column}", which the first one has`);
      }),
    ),
  };
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

/**
 * Lays a table out as the inputs of a signature.
 *
 * With several inputs, or one that bears a column's name, each is a column; else the columns are the features of the
 * single input, by their names where it names its features and the table its columns, and by their order otherwise.
 */
export function tensorsOfFrame(
  { columns, rows }: DataFrame,
  { inputs }: Signature,
): readonly Tensor[] {
  const [single] = inputs;
  if (single !== undefined && inputs.length === 1 && columns?.includes(single.name) !== true) {
    return [tensorOfNested(single, featuresOf(single, columns, rows))];
  }
  return inputs.map((spec) => {
    const column = columns?.indexOf(spec.name) ?? -1;
    if (column === -1) throw badRequest(`the table has no column "${spec.name}"`);
    // A column of cells fits [-1]; where the signature has [-1,1], each cell is a list of one.
    const wrap = spec.shape.length === 2 && spec.shape[1] === 1;
    return tensorOfNested(
      spec,
      rows.map((row) => (wrap ? [row[column]] : row[column])),
    );
  });
}

function featuresOf(
  spec: TensorSpec,
  columns: readonly string[] | undefined,
  rows: DataFrame['rows'],
): DataFrame['rows'] {
  const { features } = spec;
  if (features === undefined || columns === undefined) return rows;
  const places = new Map(features.map(({ name }) => [name, -1]));
  let unknown: string | undefined;
  for (const [column, name] of columns.entries()) {
    if (places.get(name) === -1) places.set(name, column);
    else unknown ??= name;
  }
  const order = features.map(({ name }) => {
    const column = places.get(name) ?? -1;
    if (column === -1) throw badRequest(`the table has no column "${name}"`);
    return column;
  });
  if (columns.length !== features.length) {
    throw badRequest(`the model has no feature "${unknown?.slice(0, 100) ?? ''}"`);
  }
  if (order.every((column, place) => column === place)) return rows;
  return rows.map((row) => order.map((column) => row[column]));
}
