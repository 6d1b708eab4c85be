import { SignatureError } from '../signature-error.ts';

/** Rows of cells, as a data frame or a CSV file holds them. */
export interface Table {
  /** Names of the columns; undefined where they have none, and are taken in their order. */
  readonly columns: readonly string[] | undefined;
  /** Cells as JSON values; `undefined` where a row has no cell for a column. */
  readonly rows: readonly (readonly unknown[])[];
  /** Where a row stands in what was sent, for messages: `line 3`. */
  readonly placeOf: (row: number) => string;
}

/** The error for a table that can't be the inputs of a model. */
export function invalidTable(message: string, cause?: unknown): SignatureError {
  return new SignatureError('ERR_SIGNATURE_TABLE_INVALID', message, { cause });
}

/** A text for messages: quoted, and cut where it is long. */
export function quoteName(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 100));
}
