import { describeValue, type Datatype } from '@fairlead/signature';
import { WindowsError } from '../windows-error.ts';

/** Longer texts are no number. */
const MAX_NUMBER_LENGTH = 64;
/** Hexadecimal and other notations of JavaScript aren't numbers of a table. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Texts of missing values in lower case; source: pandas.read_csv, `na_values`. */
const MISSING = new Set(['', 'nan', '-nan', 'na', 'n/a', '#n/a', '<na>', 'null', 'none']);
const INFINITE = /^[+-]?inf(?:inity)?$/;

/** Position of a cell, for messages. */
export interface CellPlace {
  readonly column: string;
  /** Row or line: `row 3`. */
  readonly row: string;
}

/** Reads the cell of a number or boolean as a number; a missing one and infinities are NaN. */
export function readNumber(cell: unknown, datatype: Datatype, place: CellPlace): number {
  if (typeof cell === 'number') return cell;
  if (cell === null || cell === undefined) return NaN;
  if (typeof cell === 'boolean' || typeof cell === 'bigint') return Number(cell);
  if (typeof cell === 'string' && cell.length <= MAX_NUMBER_LENGTH) {
    const trimmed = cell.trim();
    if (NUMBER.test(trimmed)) return Number(trimmed);
    const text = trimmed.toLowerCase();
    if (text === 'true' || text === 'false') return text === 'true' ? 1 : 0;
    if (isMissing(text) || INFINITE.test(text)) return NaN;
  }
  throw new WindowsError(
    'ERR_WINDOWS_TABLE_INVALID',
    `${place.row} of the training table has ${describeValue(cell)} in the column ${describeValue(place.column)}, which holds ${datatype}. Write a number, or leave a missing value empty.`,
  );
}

/** Reads the cell of a text; null is missing. */
export function readText(cell: unknown, place: CellPlace): string | null {
  if (typeof cell === 'string') return cell;
  if (cell === null || cell === undefined) return null;
  if (Number.isNaN(cell)) return null;
  if (typeof cell === 'number' || typeof cell === 'boolean' || typeof cell === 'bigint') {
    return String(cell);
  }
  throw new WindowsError(
    'ERR_WINDOWS_TABLE_INVALID',
    `${place.row} of the training table has ${describeValue(cell)} in the column ${describeValue(place.column)}, which holds texts. Write a text, or leave a missing value empty.`,
  );
}

/** Reads the cell of a text or boolean as text, booleans as `false` and `true`; null is missing. */
export function readCategory(
  cell: unknown,
  datatype: 'BYTES' | 'BOOL',
  place: CellPlace,
): string | null {
  if (datatype === 'BYTES') return readText(cell, place);
  const number = readNumber(cell, datatype, place);
  return Number.isNaN(number) ? null : String(number !== 0);
}

/** Returns whether a text stands for a missing value in columns that are no texts themselves. */
export function isMissing(text: string): boolean {
  return MISSING.has(text.toLowerCase());
}
