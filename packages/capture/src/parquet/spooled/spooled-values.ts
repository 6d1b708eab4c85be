import type { ParquetValue } from '../parquet-value.ts';

/** Values of a request in a spool file. */
export interface SpooledValues {
  /**
   * Returns the value of a column in a row: a list if the column has levels of lists, bytes if they are no UTF-8, null if the request
   * has none.
   *
   * @param column - index of the column in its version
   */
  at(column: number, row: number): ParquetValue;
}
