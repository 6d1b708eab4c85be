import { WindowsError } from '../windows-error.ts';
import type { Baseline } from './baseline.ts';
import { type BaselineTableOptions, checkTableOptions } from './baseline-options.ts';
import { BaselineTable } from './baseline-table.ts';
import { csvRows } from './csv-rows.ts';

/**
 * Summarizes a training table in CSV (RFC 4180, UTF-8), read in chunks, with the names of the columns in the first line; see
 * {@link createBaseline}.
 *
 * @param chunks - of the file, such as `createReadStream('train.csv')`
 * @throws WindowsError `ERR_WINDOWS_TABLE_INVALID` naming the line, or the missing column; `ERR_WINDOWS_INVALID_OPTION`; with `predict`
 * also SignatureError for a row that is no input of the model, and what `predict` throws
 *
 * @example
 * ```ts
 * import { readBaselineCsv } from '@fairlead/windows';
 *
 * const signature = { inputs: [{ name: 'age', datatype: 'FP32', shape: [-1] }], outputs: [] } as const;
 * const { rows, features } = await readBaselineCsv(['age,city\n31,Bern\n', '44,Genf\n'], { signature });
 * console.log(rows, features[0]?.mean); // 2 37.5
 * ```
 */
export async function readBaselineCsv(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  options: BaselineTableOptions,
): Promise<Baseline> {
  const checked = checkTableOptions('readBaselineCsv', options);
  let table: BaselineTable | undefined;
  let width = 0;
  for await (const { cells, line } of csvRows(chunks)) {
    if (table === undefined) {
      const names = cells.map((name) => name.trim());
      table = new BaselineTable(names, checked);
      width = names.length;
      continue;
    }
    if (cells.length !== width) {
      throw new WindowsError(
        'ERR_WINDOWS_TABLE_INVALID',
        `Line ${line} of the training table has ${cells.length} cells, and the first line names ${width} columns. Quote cells that contain commas.`,
      );
    }
    if (table.add(cells, `Line ${line}`)) await table.predictWaiting();
  }
  await table?.predictWaiting();
  return (table ?? new BaselineTable([], checked)).baseline();
}
