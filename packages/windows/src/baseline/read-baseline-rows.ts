import { WindowsError } from '../windows-error.ts';
import type { Baseline } from './baseline.ts';
import { type BaselineTableOptions, checkTableOptions } from './baseline-options.ts';
import { BaselineTable } from './baseline-table.ts';

/**
 * Summarizes the rows of a training table from any source, such as a Parquet file or a query; see {@link createBaseline}.
 *
 * @param columns - names of the columns, in the order of the cells of a row
 * @throws WindowsError `ERR_WINDOWS_TABLE_INVALID` naming the row, or the missing column; `ERR_WINDOWS_INVALID_OPTION`; with `predict`
 * also SignatureError for a row that is no input of the model, and what `predict` throws
 *
 * @example
 * ```ts
 * import { readBaselineRows } from '@fairlead/windows';
 *
 * const signature = { inputs: [{ name: 'age', datatype: 'FP32', shape: [-1] }], outputs: [] } as const;
 * const { rows, features } = await readBaselineRows(['age'], [[31], [44], [null]], { signature });
 * console.log(rows, features[0]?.mean, features[0]?.counts.missing); // 3 37.5 1
 * ```
 */
export async function readBaselineRows(
  columns: readonly string[],
  rows: AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>,
  options: BaselineTableOptions,
): Promise<Baseline> {
  const table = new BaselineTable(columns, checkTableOptions('readBaselineRows', options));
  let count = 0;
  for await (const cells of rows) {
    count += 1;
    if (cells.length !== columns.length) {
      throw new WindowsError(
        'ERR_WINDOWS_TABLE_INVALID',
        `Row ${count} of the training table has ${cells.length} cells, and there are ${columns.length} columns. Give every row a cell for each column.`,
      );
    }
    if (table.add(cells, `Row ${count}`)) await table.predictWaiting();
  }
  await table.predictWaiting();
  return table.baseline();
}
