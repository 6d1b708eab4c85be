import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileError } from '../read-file.ts';
import { openParquetTable } from '../tables/parquet-table.ts';

/** Row of a table, with its place for messages; `cells` is missing where it can't be read. */
interface LabelRow {
  /** `line 3`, `row 2`. */
  readonly place: string;
  readonly cells: readonly unknown[] | undefined;
}

/** Table of labels, which is read a part at a time; each call of `read` starts again. */
export interface LabelTable {
  readonly columns: readonly string[];
  readonly read: () => AsyncGenerator<LabelRow>;
}

const MAX_LINE = 1024 * 1024;

/**
 * Opens a table in CSV or Parquet.
 *
 * @param what - the purpose of the table, for messages
 * @throws CliError `ERR_CLI_FILE`
 */
export async function openLabelTable(
  path: string,
  what = 'a table of labels',
): Promise<LabelTable> {
  try {
    if (extname(path) !== '.parquet') return await openCsv(path);
    const { columns, read } = await openParquetTable(path);
    return {
      columns,
      async *read() {
        let row = 0;
        for await (const cells of read()) yield { place: `row ${(row += 1)}`, cells };
      },
    };
  } catch (error) {
    throw fileError(path, what, error);
  }
}

async function openCsv(path: string): Promise<LabelTable> {
  for await (const { cells } of csvLines(path)) {
    if (cells === undefined) break;
    const columns = cells.map((cell) => cell.trim());
    return { columns, read: () => withoutHead(path) };
  }
  throw new Error('it has no line with the names of the columns');
}

async function* withoutHead(path: string): AsyncGenerator<LabelRow> {
  let isHead = true;
  for await (const { line, cells } of csvLines(path)) {
    if (!isHead) yield { place: `line ${line}`, cells };
    isHead = false;
  }
}

async function* csvLines(
  path: string,
): AsyncGenerator<{ readonly line: number; readonly cells: readonly string[] | undefined }> {
  const file = createReadStream(path);
  const lines = createInterface({ input: file, crlfDelay: Infinity });
  let line = 0;
  try {
    for await (const text of lines) {
      line += 1;
      const record = line === 1 ? text.replace(/^\uFEFF/u, '') : text;
      if (record.trim() !== '') yield { line, cells: cellsOf(record) };
    }
  } finally {
    lines.close();
    file.destroy();
  }
}

/** Cells of a line (RFC 4180, without line breaks in cells); undefined for one with a single quote, or that isn't text. */
function cellsOf(text: string): readonly string[] | undefined {
  if (text.length > MAX_LINE || text.includes('\uFFFD') || text.includes('\0')) return undefined;
  if (!text.includes('"')) return text.split(',');
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/uy;
  for (;;) {
    const match = cell.exec(text);
    if (match === null) return undefined;
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') return cells;
  }
}
