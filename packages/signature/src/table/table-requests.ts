import { type JsonTensor, tensorAsJson } from '../json-tensor.ts';
import { SignatureError } from '../signature-error.ts';
import type { Signature } from '../signature.ts';
import type { Table } from './table.ts';
import { tableTensors } from './table-tensors.ts';

/**
 * Divides the rows of a table into requests of at most `rowsPerRequest` rows; for a model with a fixed batch size, of that size.
 *
 * @throws SignatureError naming line and column of a missing column, or of a cell that isn't of the datatype of its input;
 * `ERR_SIGNATURE_TABLE_INVALID` for a `rowsPerRequest` below 1.
 *
 * @example
 * ```ts
 * import { readCsv, tableRequests } from '@fairlead/signature';
 *
 * const signature = {
 *   inputs: [{ name: 'age', datatype: 'FP32', shape: [-1] }],
 *   outputs: [],
 * } as const;
 * const table = readCsv('age\n41\n42\n43\n', signature, { header: 'present' });
 * console.log(tableRequests(table, signature, 2).map(([age]) => age?.data)); // [ [ 41, 42 ], [ 43 ] ]
 * ```
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
    throw new SignatureError(
      'ERR_SIGNATURE_TABLE_INVALID',
      `rowsPerRequest is ${wanted}: it has to be a whole number from 1 up`,
    );
  }
  return inputs.map(({ shape: [batch = 1] }) => batch).find((batch) => batch > 0) ?? wanted;
}
