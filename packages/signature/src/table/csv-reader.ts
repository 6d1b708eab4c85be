import { invalidTable } from './table.ts';
import { csvText, type CsvCellReader } from './csv-cell.ts';

const COMMA = 0x2c;
const QUOTE = 0x22;

/**
 * Reads the lines of a CSV text (RFC 4180) one by one; empty lines are skipped.
 *
 * Without a library: reading a megabyte must not block the event loop for longer than decoding its tensors.
 */
export class CsvReader {
  readonly #text: string;
  #at = 0;
  /** Number of lines so far, counted as an editor does. */
  #lines = 0;
  /** Number of the first line of the last record. */
  lineNumber = 0;
  /** Number of empty lines before the last record. */
  skippedLines = 0;

  constructor(text: string) {
    this.#text = text;
    this.rewind();
  }

  /** Continues at the first line. */
  rewind(): void {
    this.#at = this.#text.charCodeAt(0) === 0xfeff ? 1 : 0;
    this.#lines = 0;
  }

  /**
   * Reads the cells of the next line, each with the reader of its column, cells without a reader as text; undefined after the
   * last line.
   */
  line(readers: readonly CsvCellReader[]): unknown[] | undefined {
    const text = this.#text;
    const before = this.#lines;
    while (this.#at < text.length && this.#skipLineBreak());
    this.skippedLines = this.#lines - before;
    if (this.#at >= text.length) return undefined;
    this.#lines += 1;
    this.lineNumber = this.#lines;
    const cells: unknown[] = [];
    for (;;) {
      const read = readers[cells.length] ?? csvText;
      cells.push(text.charCodeAt(this.#at) === QUOTE ? this.#quoted(read) : this.#bare(read));
      if (text.charCodeAt(this.#at) !== COMMA) break;
      this.#at += 1;
    }
    // The line break belongs to this line.
    if (this.#at < text.length && this.#skipLineBreak()) this.#lines -= 1;
    return cells;
  }

  /** Returns whether there was a line break. */
  #skipLineBreak(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    if (!isLineBreak(code)) return false;
    this.#at += code === 0x0d && this.#text.charCodeAt(this.#at + 1) === 0x0a ? 2 : 1;
    this.#lines += 1;
    return true;
  }

  #bare(read: CsvCellReader): unknown {
    const start = this.#at;
    let code = this.#text.charCodeAt(start);
    while (code !== COMMA && !isLineBreak(code) && !Number.isNaN(code)) {
      if (code === QUOTE)
        throw this.#wrong('has a quote inside a cell that does not begin with one');
      code = this.#text.charCodeAt(++this.#at);
    }
    return read(this.#text, start, this.#at);
  }

  /** Reads a quoted cell like an unquoted one: some writers quote numbers too. */
  #quoted(read: CsvCellReader): unknown {
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
      throw this.#wrong('has text after a quoted cell');
    }
    // A number contains no quote, so the cell is text.
    return escapes ? text.slice(start, end).replaceAll('""', '"') : read(text, start, end);
  }

  #wrong(what: string): Error {
    return invalidTable(`the text is not CSV: line ${this.#lines} ${what}`);
  }
}

function isLineBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}
