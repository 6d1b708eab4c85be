import { describeValue } from '@fairlead/signature';
import { invalidOption } from '../check-options.ts';
import { WindowsError } from '../windows-error.ts';
import type { Baseline } from './baseline.ts';
import { type BaselineOptions, checkBaselineOptions } from './baseline-options.ts';
import { BaselineTable } from './baseline-table.ts';

/** Columns of a training table by name, all of one length. */
export type BaselineColumns = Readonly<Record<string, ArrayLike<unknown>>>;

/**
 * Summarizes a training table in memory: its features, the outputs of the model on the same rows, and calibration where there
 * are labels. A column is found by the name of a feature, an input or an output; `x[3]` is element 3 of the input `x`.
 * The columns of a single input without names of features may have any names: they are taken in order.
 *
 * Null and NaN count as missing, in columns of numbers also infinities and texts that pandas reads as missing. In columns of texts such a
 * text, also an empty one, is a category, as it is in requests. A label that pandas reads as missing is left out of the calibration. A
 * feature with `sensitive: true` is left out.
 *
 * @throws WindowsError `ERR_WINDOWS_TABLE_INVALID` for a missing column or an invalid cell, `ERR_WINDOWS_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { createBaseline } from '@fairlead/windows';
 *
 * const signature = {
 *   inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, 2], features: [{ name: 'age' }, { name: 'income' }] }],
 *   outputs: [{ name: 'approved', datatype: 'BOOL', shape: [-1] }],
 * } as const;
 * const columns = { age: [31, 44, 44], income: [1200, null, 900], approved: [true, false, true] };
 * const { features, outputs } = createBaseline(columns, { signature });
 * console.log(features[0]?.bins); // { kind: 'values', values: [ 31, 44 ] }
 * console.log(features[1]?.counts.missing); // 1
 * console.log(outputs[0]?.counts.counts); // [ 1, 2 ]
 * ```
 */
export function createBaseline(columns: BaselineColumns, options: BaselineOptions): Baseline {
  const checked = checkBaselineOptions('createBaseline', options);
  if (typeof columns !== 'object' || (columns as unknown) === null) {
    throw invalidOption(
      `createBaseline: columns must be an object of columns by name, got ${describeValue(columns)}.`,
    );
  }
  const lists = Object.values(columns);
  const rows = lists[0]?.length ?? 0;
  for (const [name, { length }] of Object.entries(columns)) {
    if (length === rows) continue;
    throw new WindowsError(
      'ERR_WINDOWS_TABLE_INVALID',
      `The column ${describeValue(name)} of the training table has ${length} rows, and the first one ${rows}. Give every column the same rows.`,
    );
  }
  const table = new BaselineTable(Object.keys(columns), checked);
  for (let row = 0; row < rows; row += 1) {
    table.add(
      lists.map((list) => list[row]),
      `Row ${row + 1}`,
    );
  }
  return table.baseline();
}
