import { parquetMetadata, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Rewrite } from '../../objects/rewrite-object.ts';
import { ROW_GROUP_ROWS } from '../encode-parquet.ts';
import { matchValue, type SearchedValue } from './match-value.ts';

/** Removes the rows of a Parquet file in which a column has one of the values; other rows, types and metadata stay. */
export async function deleteRows(
  body: Uint8Array,
  column: string,
  values: readonly SearchedValue[],
): Promise<Rewrite> {
  const file = new Uint8Array(body).buffer;
  const metadata = parquetMetadata(file);
  const columns = topColumns(metadata.schema);
  const element = columns.find(({ name }) => name === column);
  if (element === undefined) return { removed: 0 };
  const matches = matchValue(values, element.leaf.type === 'FLOAT');
  const keys = await parquetReadObjects({ file, metadata, columns: [column] });
  if (!keys.some((row) => matches(row[column]))) return { removed: 0 };
  const rows = await parquetReadObjects({ file, metadata, utf8: false });
  const rest = rows.filter((row) => !matches(row[column]));
  const removed = rows.length - rest.length;
  if (rest.length === 0) return { removed };
  const rewritten = parquetWriteBuffer({
    columnData: columns.map(({ name }) => ({
      name,
      data: rest.map((row): unknown => row[name]),
    })),
    schema: metadata.schema,
    rowGroupSize: ROW_GROUP_ROWS,
    createdBy: 'fairlead',
    kvMetadata: metadata.key_value_metadata ?? [],
  });
  return { removed, body: new Uint8Array(rewritten) };
}

/** Returns the columns of a schema, which is a tree in depth-first order, with their first leaves. */
function topColumns(schema: readonly SchemaElement[]) {
  const columns: { readonly name: string; readonly leaf: SchemaElement }[] = [];
  for (let index = 1; index < schema.length;) {
    const begin = index;
    let leaf: SchemaElement | undefined;
    for (let open = 1; open > 0; index += 1) {
      const element = schema[index];
      open += (element?.num_children ?? 0) - 1;
      if (element?.type !== undefined) leaf ??= element;
    }
    const name = schema[begin]?.name;
    if (name !== undefined && leaf !== undefined) columns.push({ name, leaf });
  }
  return columns;
}
