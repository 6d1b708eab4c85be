import { badRequest } from '../json-body.ts';
import type { DataFrame } from './data-frame.ts';

/**
 * Reads CSV (RFC 4180) whose first line names the columns; a cell that reads as a number is one.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` naming the line that is wrong.
 */
export function parseCsv(text: string): DataFrame {
  const lines = readLines(text);
  const [columns, ...rows] = lines;
  if (columns === undefined || rows.length === 0) {
    throw badRequest('CSV needs a line with the names of the columns, and lines with rows');
  }
  const bad = rows.findIndex((row) => row.length !== columns.length);
  if (bad !== -1) {
    throw badRequest(
      `line ${bad + 2} has ${rows[bad]?.length ?? 0} cells, the first line names ${columns.length}`,
    );
  }
  return { columns, rows: rows.map((row) => row.map(readCell)) };
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function readCell(cell: string): unknown {
  return NUMBER.test(cell.trim()) ? Number(cell) : cell;
}

function readLines(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  let position = 0;
  while (position < text.length) {
    const { cell, end } =
      text[position] === '"'
        ? readQuoted(text, position, lines.length + 1)
        : readPlain(text, position);
    cells.push(cell);
    position = end;
    if (text[position] === ',') {
      position += 1;
      // A comma at the very end has an empty cell behind it.
      if (position === text.length) cells.push('');
      continue;
    }
    if (text.startsWith('\r\n', position)) position += 1;
    position += 1;
    lines.push(cells);
    cells = [];
  }
  if (cells.length > 0) lines.push(cells);
  return lines;
}

function readPlain(text: string, start: number): { cell: string; end: number } {
  let end = start;
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r')
    end += 1;
  return { cell: text.slice(start, end), end };
}

function readQuoted(text: string, start: number, line: number): { cell: string; end: number } {
  let cell = '';
  let position = start + 1;
  for (;;) {
    const quote = text.indexOf('"', position);
    if (quote === -1) throw badRequest(`line ${line}: a quoted cell has no end`);
    cell += text.slice(position, quote);
    if (text[quote + 1] !== '"') {
      const end = quote + 1;
      if (end < text.length && !',\r\n'.includes(text[end] ?? '')) {
        throw badRequest(`line ${line}: something follows the end of a quoted cell`);
      }
      return { cell, end };
    }
    cell += '"';
    position = quote + 2;
  }
}
