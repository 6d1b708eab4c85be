import { badRequest } from '../json-body.ts';
import type { DataFrame } from './data-frame.ts';

const COMMA = 0x2c;
const QUOTE = 0x22;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Digits that a number holds whatever they are; and 10 to that power is exact. */
const SAFE_DIGITS = 15;

/**
 * Reads CSV (RFC 4180) whose first line names the columns; a cell that reads as a number is one. Empty lines are skipped.
 *
 * By hand: a megabyte mustn't keep the event loop busy for longer than its tensors do, and each cell is wanted as a number.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` saying which line is wrong.
 */
export function parseCsv(text: string): DataFrame {
  const reader = new CsvReader(text);
  const columns = reader.line((start, end) => text.slice(start, end));
  const rows: (readonly unknown[])[] = [];
  for (;;) {
    const row = reader.line((start, end) => readCell(text, start, end));
    if (row === undefined) break;
    if (columns !== undefined && row.length !== columns.length) {
      const found = `${row.length} cells, but there are ${columns.length} columns`;
      throw badRequest(`the body is not CSV: line ${reader.lineNumber} has ${found}`);
    }
    rows.push(row);
  }
  if (columns === undefined || rows.length === 0) {
    throw badRequest('CSV needs a line with the names of the columns, and lines with rows');
  }
  return { columns: columns.map(String), rows };
}

class CsvReader {
  readonly #text: string;
  #at: number;
  /** Lines that were begun, counted as an editor does. */
  #lines = 0;
  /** Where the line that was read last began. */
  lineNumber = 0;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  /** The cells of the next line that isn't empty; undefined after the last one. */
  line(read: (start: number, end: number) => unknown): readonly unknown[] | undefined {
    const text = this.#text;
    while (this.#at < text.length && this.#skipLineBreak());
    if (this.#at >= text.length) return undefined;
    this.#lines += 1;
    this.lineNumber = this.#lines;
    const cells: unknown[] = [];
    for (;;) {
      cells.push(text.charCodeAt(this.#at) === QUOTE ? this.#quoted() : this.#bare(read));
      if (text.charCodeAt(this.#at) !== COMMA) break;
      this.#at += 1;
    }
    // The line break is of this line.
    if (this.#at < text.length && this.#skipLineBreak()) this.#lines -= 1;
    return cells;
  }

  /** Whether there was one, which ends an empty line. */
  #skipLineBreak(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    if (!isLineBreak(code)) return false;
    this.#at += code === 0x0d && this.#text.charCodeAt(this.#at + 1) === 0x0a ? 2 : 1;
    this.#lines += 1;
    return true;
  }

  #bare(read: (start: number, end: number) => unknown): unknown {
    const start = this.#at;
    let code = this.#text.charCodeAt(start);
    while (code !== COMMA && !isLineBreak(code) && !Number.isNaN(code)) {
      if (code === QUOTE)
        throw this.#wrong('has a quote inside a cell that does not begin with one');
      code = this.#text.charCodeAt(++this.#at);
    }
    return read(start, this.#at);
  }

  /** A quoted cell is read as it is outside of quotes: a number is one. */
  #quoted(): unknown {
    const text = this.#text;
    const start = this.#at + 1;
    let end = text.indexOf('"', start);
    let escapes = false;
    while (end !== -1 && text.charCodeAt(end + 1) === QUOTE) {
      escapes = true;
      end = text.indexOf('"', end + 2);
    }
    if (end === -1) throw this.#wrong('has a quote that is never closed');
    this.#at = end + 1;
    const after = text.charCodeAt(this.#at);
    if (after !== COMMA && !isLineBreak(after) && !Number.isNaN(after)) {
      throw this.#wrong('has something behind a quoted cell');
    }
    if (!escapes) return readCell(text, start, end);
    return text.slice(start, end).replaceAll('""', '"');
  }

  #wrong(what: string): Error {
    return badRequest(`the body is not CSV: line ${this.#lines} ${what}`);
  }
}

function isLineBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

/** A number where the cell reads as one, else its text. */
function readCell(text: string, start: number, end: number): unknown {
  // Most cells are a few digits with or without a point: then the quotient of two exact numbers is the nearest one.
  if (end > start && end - start <= SAFE_DIGITS) {
    let digits = 0;
    let scale = 0;
    let index = start;
    for (; index < end; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x30 && code <= 0x39) {
        digits = 10 * digits + code - 0x30;
        scale *= 10;
      } else if (code === 0x2e && scale === 0 && index > start) scale = 1;
      else break;
    }
    if (index === end) return scale === 0 ? digits : digits / scale;
  }
  const cell = text.slice(start, end);
  return NUMBER.test(cell.trim()) ? Number(cell) : cell;
}
