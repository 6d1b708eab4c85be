import { invalidTable } from './table.ts';
import { csvText, type CsvCellReader } from './csv-cell.ts';

const COMMA = 0x2c;
const QUOTE = 0x22;

/**
 * Reads the lines of a CSV text (RFC 4180) one by one; empty lines are skipped.
 *
 * By hand: a megabyte mustn't hold the event loop for longer than its tensors do.
 */
export class CsvReader {
  readonly #text: string;
  #at = 0;
  /** Lines that were begun, counted as an editor does. */
  #lines = 0;
  /** Where the line that was read last began. */
  lineNumber = 0;
  /** Empty lines before the line that was read last. */
  skippedLines = 0;

  constructor(text: string) {
    this.#text = text;
    this.rewind();
  }

  /** Starts again at the first line. */
  rewind(): void {
    this.#at = this.#text.charCodeAt(0) === 0xfeff ? 1 : 0;
    this.#lines = 0;
  }

  /**
   * The cells of the next line, each read by the reader of its column, those beyond as texts; undefined after the last line.
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

  /** A quoted cell is read as it is outside of quotes: writers quote numbers as well. */
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
      throw this.#wrong('has something behind a quoted cell');
    }
    // A column is text or numbers, and no number holds a quote.
    return escapes ? text.slice(start, end).replaceAll('""', '"') : read(text, start, end);
  }

  #wrong(what: string): Error {
    return invalidTable(`the text is not CSV: line ${this.#lines} ${what}`);
  }
}

function isLineBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}
