import { tableTensors, tensorAsJson, type Signature, type Table } from '@fairlead/signature';
import type { JsonTensor } from '../versions/manifest.ts';

/**
 * Makes requests of the rows of a table, each of at most `rowsPerRequest` rows; a model whose batch has a fixed size gets
 * just that many.
 *
 * @throws SignatureError for a column that is missing, or a cell that isn't of its input's datatype, with line and column.
 */
export function tableRequests(
  table: Table,
  signature: Signature,
  rowsPerRequest: number,
): readonly (readonly JsonTensor[])[] {
  const size = requestRows(signature, rowsPerRequest);
  const requests: (readonly JsonTensor[])[] = [];
  for (let start = 0; start < table.rows.length; start += size) {
    const part: Table = {
      columns: table.columns,
      rows: table.rows.slice(start, start + size),
      placeOf: (row) => table.placeOf(start + row),
    };
    requests.push(tableTensors(part, signature).map(tensorAsJson));
  }
  return requests;
}

function requestRows({ inputs }: Signature, wanted: number): number {
  if (!Number.isSafeInteger(wanted) || wanted < 1) {
    throw new Error(`rowsPerRequest is ${wanted}; it must be a whole number from 1`);
  }
  return inputs.map(({ shape: [batch = 1] }) => batch).find((batch) => batch > 0) ?? wanted;
}
