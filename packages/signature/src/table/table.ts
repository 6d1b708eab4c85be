import { SignatureError } from '../signature-error.ts';

/** Rows of cells of a data frame or a CSV file. */
export interface Table {
  /** Names of the columns; undefined if they have none, and only their order counts. */
  readonly columns: readonly string[] | undefined;
  /** Cells as JSON values; `undefined` where a row has no cell for a column. */
  readonly rows: readonly (readonly unknown[])[];
  /** Describes the position of a row in the input, for messages: `line 3`. */
  readonly placeOf: (row: number) => string;
}

/** Error for a table that can't be converted to the inputs of a model. */
export function invalidTable(message: string, cause?: unknown): SignatureError {
  return new SignatureError('ERR_SIGNATURE_TABLE_INVALID', message, { cause });
}

/** Quotes a name for a message, shortened if it is long. */
export function quoteName(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 100));
}
