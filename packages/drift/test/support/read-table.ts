import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Reads a data set of the goldens: texts by column and row; no cell has a comma. */
export function readTable(name: string): Readonly<Record<string, readonly string[]>> {
  const file = new URL(`../goldens/${name}.csv.gz`, import.meta.url);
  const [head = '', ...lines] = gunzipSync(readFileSync(file)).toString().trimEnd().split(/\r?\n/);
  const rows = lines.map((line) => line.split(','));
  return Object.fromEntries(
    head.split(',').map((column, index) => [column, rows.map((row) => row[index] ?? '')]),
  );
}
