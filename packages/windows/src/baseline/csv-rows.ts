import { WindowsError } from '../windows-error.ts';

/** Largest record, in UTF-16 units: a quote that is never closed must not read the whole file into memory. */
const MAX_RECORD_LENGTH = 1024 * 1024;

/** One record of a CSV file. */
export interface CsvRow {
  readonly cells: readonly string[];
  /** Line of the file at which it begins, from 1. */
  readonly line: number;
}

/**
 * Reads the records of CSV (RFC 4180) from chunks of a file, without holding more than one chunk and one record; empty lines are skipped.
 *
 * @throws WindowsError `ERR_WINDOWS_TABLE_INVALID` naming the line
 */
export async function* csvRows(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
): AsyncGenerator<CsvRow> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let line = 1;
  const take = function* (text: string, isLast: boolean): Generator<CsvRow> {
    let start = 0;
    for (;;) {
      const end = recordEnd(text, start, isLast);
      if (end === undefined) break;
      const record = text.slice(start, end);
      if (record.trim() !== '') yield { cells: cellsOf(record, line), line };
      line += lineBreaks(record);
      start = end;
    }
    rest = text.slice(start);
    if (rest.length > MAX_RECORD_LENGTH) {
      throw invalid(
        line,
        `is longer than ${MAX_RECORD_LENGTH} characters, or has a quote that is never closed`,
      );
    }
  };
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw invalid(line, 'or a later one is not UTF-8', cause);
    }
  };
  let isFirst = true;
  for await (const chunk of chunks) {
    const text = typeof chunk === 'string' ? chunk : decode(chunk);
    yield* take(rest + (isFirst ? text.replace(/^\uFEFF/, '') : text), false);
    isFirst = false;
  }
  yield* take(rest + decode(), true);
}

/** Position after the line break of a record; undefined if the text doesn't hold all of it. */
function recordEnd(text: string, start: number, isLast: boolean): number | undefined {
  if (start >= text.length) return undefined;
  let isQuoted = false;
  for (let from = start; ;) {
    const lineBreak = text.indexOf('\n', from);
    const end = lineBreak === -1 ? text.length : lineBreak + 1;
    if (lineBreak === -1 && !isLast) return undefined;
    // A search in the whole text would pass the end of the line.
    if (quotes(text.slice(from, end)) % 2 === 1) isQuoted = !isQuoted;
    if (!isQuoted || lineBreak === -1) return end;
    from = end;
  }
}

function quotes(line: string): number {
  let count = 0;
  for (let at = line.indexOf('"'); at !== -1; at = line.indexOf('"', at + 1)) count += 1;
  return count;
}

function lineBreaks(record: string): number {
  let count = 0;
  for (let at = record.indexOf('\n'); at !== -1; at = record.indexOf('\n', at + 1)) count += 1;
  return count;
}

function cellsOf(record: string, line: number): string[] {
  const text = record.replace(/\r?\n$/, '');
  if (!text.includes('"')) return text.split(',');
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/y;
  let at = 0;
  while (at <= text.length) {
    cell.lastIndex = at;
    const match = cell.exec(text);
    if (match === null) throw invalid(line, 'has a quote that is not at both ends of a cell');
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    at = cell.lastIndex;
    if (at === text.length && !match[0].endsWith(',')) break;
  }
  return cells;
}

function invalid(line: number, problem: string, cause?: unknown): WindowsError {
  return new WindowsError(
    'ERR_WINDOWS_TABLE_INVALID',
    `The training table is not CSV: line ${line} ${problem}.`,
    { cause },
  );
}
