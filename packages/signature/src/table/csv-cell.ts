import { datatypes, type Datatype } from '../datatype.ts';

/** Reads the cell of a CSV text between two positions as a JSON value. */
export type CsvCellReader = (text: string, start: number, end: number) => unknown;

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^([+-]?\d{1,40})(?:\.0*)?$/;
/** Every integer of that many digits is exact as a number, and so is this power of 10. */
const SAFE_DIGITS = 15;

/**
 * Texts of pandas, NumPy and R for values that aren't decimal numbers, in lower case.
 *
 * Source: https://pandas.pydata.org/docs/reference/api/pandas.read_csv.html (`na_values`)
 */
const SPECIAL: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...['', 'nan', '-nan', 'na', 'n/a', '#n/a', '<na>', 'null', 'none'].map(
    (text): [string, null] => [text, null],
  ),
  ...['inf', '+inf', 'infinity', '+infinity'].map((text): [string, string] => [text, 'Infinity']),
  ...['-inf', '-infinity'].map((text): [string, string] => [text, '-Infinity']),
  ['true', true],
  ['false', false],
]);

/**
 * Returns the reader of the cells of a column: it depends on the datatype of the input, not on the cells.
 *
 * A cell that isn't of the datatype is read as text, which the reader of the tensor then rejects.
 */
export function csvCellReader(datatype: Datatype): CsvCellReader {
  switch (datatypes[datatype].kind) {
    case 'bytes':
      return csvText;
    case 'bigint':
      return readBigInteger;
    default:
      return readNumber;
  }
}

/** Reads a cell as text. */
export const csvText: CsvCellReader = (text, start, end) => text.slice(start, end);

/** Reads a cell of a column that no input uses. */
export const csvIgnored: CsvCellReader = () => null;

/** Returns whether a cell is a value of the datatype, or a missing value. */
export function isCsvCell(cell: string, datatype: Datatype): boolean {
  if (datatype === 'BYTES') return true;
  const value = csvCellReader(datatype)(cell, 0, cell.length);
  return typeof value !== 'string' || value === 'Infinity' || value === '-Infinity';
}

/** Returns whether a cell is a decimal number. */
export function isCsvNumber(cell: string): boolean {
  return NUMBER.test(cell.trim());
}

const readNumber: CsvCellReader = (text, start, end) => {
  const short = shortNumber(text, start, end);
  if (short !== undefined) return short;
  const cell = text.slice(start, end);
  const trimmed = cell.trim();
  return NUMBER.test(trimmed) ? Number(trimmed) : special(cell, trimmed);
};

const readBigInteger: CsvCellReader = (text, start, end) => {
  const short = shortNumber(text, start, end);
  if (short !== undefined) return short;
  const cell = text.slice(start, end);
  const trimmed = cell.trim();
  const [, integer] = INTEGER.exec(trimmed) ?? [];
  if (integer !== undefined) return BigInt(integer.replace('+', ''));
  return NUMBER.test(trimmed) ? Number(trimmed) : special(cell, trimmed);
};

function special(cell: string, trimmed: string): unknown {
  const found = trimmed.length > SAFE_DIGITS ? undefined : SPECIAL.get(trimmed.toLowerCase());
  return found === undefined ? cell : found;
}

/** Reads a number of few digits with or without a point, as most cells are: the quotient of two exact numbers is the nearest number. */
function shortNumber(text: string, start: number, end: number): number | undefined {
  const negative = text.charCodeAt(start) === 0x2d;
  const first = negative ? start + 1 : start;
  if (end <= first || end - first > SAFE_DIGITS) return undefined;
  let digits = 0;
  let scale = 0;
  for (let index = first; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x30 && code <= 0x39) {
      digits = 10 * digits + code - 0x30;
      scale *= 10;
    } else if (code === 0x2e && scale === 0 && index > first) scale = 1;
    else return undefined;
  }
  const value = scale === 0 ? digits : digits / scale;
  return negative ? -value : value;
}
