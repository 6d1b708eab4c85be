import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const folder = new URL('../../../packages/drift/test/goldens/car-loan/', import.meta.url);

/** Columns of the car-loan data of NannyML: in `analysis` five columns shift after 2,500 of 5,000 rows. */
export type Loans = Readonly<Record<string, readonly string[]>>;

/** Reads a table of the car-loan data. */
export function readLoans(name: 'reference' | 'analysis'): Loans {
  const bytes = gunzipSync(readFileSync(new URL(`${name}.csv.gz`, folder)));
  const [head = '', ...lines] = bytes.toString().trimEnd().split(/\r?\n/u);
  const rows = lines.map((line) => line.split(','));
  return Object.fromEntries(
    head.split(',').map((column, index) => [column, rows.map((row) => row[index] ?? '')]),
  );
}
