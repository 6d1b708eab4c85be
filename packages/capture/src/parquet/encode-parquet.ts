import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { CapturedColumn } from '../columns/captured-column.ts';
import type { SpoolVersion } from '../spool/spool-line.ts';
import { binarySchema, columnSchema, requestColumns } from './parquet-columns.ts';
import { hasBytes, onlyBytes, type ParquetValue, withoutBytes } from './parquet-value.ts';
import type { SpooledRequest } from './spooled/read-spool.ts';

/** Rows in a row group; a spool file has fewer. */
export const ROW_GROUP_ROWS = 100_000;
/** Key of the metadata of a file that has the columns with their tensors, as JSON. */
const METADATA_KEY = 'fairlead.capture';

interface EncodedColumn {
  readonly schema: readonly SchemaElement[];
  readonly data: ParquetValue[];
}

/** Encodes requests of one version: one row for each of their rows. */
export function encodeParquet(
  { model, version, columns }: SpoolVersion,
  requests: readonly SpooledRequest[],
): Uint8Array<ArrayBuffer> {
  const encoded = [
    ...requestColumns.map((schema) => ({
      schema: [schema],
      data: rowsOf(requests, requestValue(schema.name, version)),
    })),
    ...columns.flatMap((column, index) => valueColumns(column, index, requests, columns)),
  ];
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: encoded.map(({ schema, data }) => ({ name: schema[0]?.name ?? '', data })),
      schema: [
        { name: 'root', num_children: encoded.length },
        ...encoded.flatMap(({ schema }) => schema),
      ],
      rowGroupSize: ROW_GROUP_ROWS,
      createdBy: 'fairlead',
      kvMetadata: [
        { key: METADATA_KEY, value: JSON.stringify({ format: 1, model, version, columns }) },
      ],
    }),
  );
}

function rowsOf(
  requests: readonly SpooledRequest[],
  valueAt: (request: SpooledRequest, row: number) => ParquetValue,
): ParquetValue[] {
  // Without a list for each request, which would be most of the memory of a conversion.
  const values: ParquetValue[] = [];
  for (const request of requests) {
    for (let row = 0; row < request.rows; row += 1) values.push(valueAt(request, row));
  }
  return values;
}

function requestValue(
  name: string,
  version: string,
): (request: SpooledRequest, row: number) => ParquetValue {
  switch (name) {
    case 'request_id':
      return ({ requestId }) => requestId;
    case 'row':
      return (_, row) => row;
    case 'time':
      return ({ at }) => BigInt(at);
    case 'duration_ms':
      return ({ durationMs }) => durationMs;
    case 'model_version':
      return () => version;
    case 'variant':
      return ({ variant = null }) => variant;
    case 'weight':
      return ({ weight }) => weight;
    case 'routing_key':
      return ({ routingKey = null }) => routingKey;
    case 'shadow_of':
      return ({ shadowOf = null }) => shadowOf;
    default:
      return ({ fallbackFrom = null }) => fallbackFrom;
  }
}

function valueColumns(
  column: CapturedColumn,
  index: number,
  requests: readonly SpooledRequest[],
  columns: readonly CapturedColumn[],
): readonly EncodedColumn[] {
  const { name, datatype } = column;
  const schema = columnSchema(column);
  const data = rowsOf(requests, ({ values }, row) => values.at(index, row));
  if (datatype !== 'BYTES' || !data.some(hasBytes)) return [{ schema, data }];
  let binaryName = `${name}_binary`;
  while (columns.some((other) => other.name.toLowerCase() === binaryName.toLowerCase())) {
    binaryName += '_';
  }
  const binarySchemas = binarySchema({ ...column, name: binaryName });
  return [
    { schema, data: data.map(withoutBytes) },
    { schema: binarySchemas, data: data.map(onlyBytes) },
  ];
}
