import { CsvError, parse } from 'csv-parse/sync';
import { badRequest } from '../json-body.ts';
import type { DataFrame } from './data-frame.ts';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads CSV whose first line names the columns; a cell that reads as a number is one.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` saying which line is wrong.
 */
export function parseCsv(text: string): DataFrame {
  let lines: string[][];
  try {
    lines = parse(text, { skip_empty_lines: true, bom: true });
  } catch (error) {
    if (error instanceof CsvError) throw badRequest(`the body is not CSV: ${error.message}`, error);
    throw error;
  }
  const [columns, ...rows] = lines;
  if (columns === undefined || rows.length === 0) {
    throw badRequest('CSV needs a line with the names of the columns, and lines with rows');
  }
  return { columns, rows: rows.map((row) => row.map(readCell)) };
}

function readCell(cell: string): unknown {
  return NUMBER.test(cell.trim()) ? Number(cell) : cell;
}
