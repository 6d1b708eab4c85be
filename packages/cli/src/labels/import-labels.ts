import { count } from '../output/format-values.ts';
import type { Label } from '@fairlead/capture';
import { CliError } from '../cli-error.ts';
import { oneLine } from '../output/plain-text.ts';
import { openLabelTable, type LabelTable } from './label-table.ts';
import { RowsOfRequests } from './rows-of-requests.ts';
import { labelReader, type LabelColumns, type ReadLabel } from './read-label.ts';

const BATCH = 10_000;
/** Labels that are remembered to find repeated ones; of a larger file those of its first rows. */
const MAX_REMEMBERED = 2_000_000;
const MAX_PROBLEMS = 3;

/** Result of an import. */
export interface LabelImport {
  /** Labels that were added; in a dry run those that would be. */
  readonly labels: number;
  /** Labels of a request and row that the file has more than once; the one that was observed last counts. */
  readonly duplicates: number;
  /** Rows that were skipped. */
  readonly invalid: number;
}

/** Options of {@link importLabels}. */
export interface LabelImportOptions {
  readonly columns: Partial<LabelColumns>;
  readonly skipInvalid: boolean;
  /** The last time at which a label may have been observed, in milliseconds since the epoch. */
  readonly latest: number;
  /** Stores labels; undefined for a dry run. */
  readonly add: ((labels: readonly Label[]) => Promise<void>) | undefined;
}

/**
 * Imports a file, which is read twice: once to check all rows, and then to add them in parts. Nothing is added from a file with invalid rows, unless
 * they are to be skipped, and none from a file in which a request has several labels and one of them names no row.
 *
 * @throws CliError `ERR_CLI_FILE`; errors of `add`
 */
export async function importLabels(
  path: string,
  { columns, skipInvalid, latest, add }: LabelImportOptions,
): Promise<LabelImport> {
  const table = await openLabelTable(path);
  const read = labelReader(path, table.columns, columns, latest);
  const checked = await checkRows(table, read);
  if (checked.invalid > 0 && !skipInvalid) {
    throw new CliError(
      'ERR_CLI_FILE',
      `${path} has ${count(checked.invalid, 'invalid row')}, and nothing was imported: ${checked.problems.join('; ')}. Correct them, or add --skip-invalid`,
    );
  }
  const { labels, duplicates, invalid, ambiguous } = checked;
  if (ambiguous !== undefined) {
    throw new CliError(
      'ERR_CLI_FILE',
      `${path} has several labels of a request, one of them without a row, and nothing was imported: ${ambiguous}. Name the row of each label, from 0, in a column row (--row); it is 0 for a request of one row`,
    );
  }
  if (add !== undefined) await addRows(table, read, add);
  return { labels, duplicates, invalid };
}

interface CheckedRows extends LabelImport {
  readonly problems: readonly string[];
  /** The first label that may be of any row of its request. */
  readonly ambiguous: string | undefined;
}

type Reader = (cells: readonly unknown[] | undefined) => ReadLabel;

async function checkRows(table: LabelTable, read: Reader): Promise<CheckedRows> {
  const rows = new RowsOfRequests(MAX_REMEMBERED);
  let ambiguous: string | undefined;
  const problems: string[] = [];
  let [labels, duplicates, invalid] = [0, 0, 0];
  for await (const { place, cells } of table.read()) {
    const found = read(cells);
    if ('problem' in found) {
      invalid += 1;
      if (problems.length < MAX_PROBLEMS) problems.push(`${place}: ${oneLine(found.problem)}`);
      continue;
    }
    labels += 1;
    const { requestId, row } = found.label;
    const kind = rows.add(requestId, row);
    if (kind === 'repeated') duplicates += 1;
    if (kind === 'ambiguous') ambiguous ??= `${place}: request ${oneLine(requestId)}`;
  }
  return { labels, duplicates, invalid, problems, ambiguous };
}

async function addRows(
  table: LabelTable,
  read: Reader,
  add: (labels: readonly Label[]) => Promise<void>,
): Promise<void> {
  let batch: Label[] = [];
  for await (const { cells } of table.read()) {
    const found = read(cells);
    if ('problem' in found) continue;
    batch.push(found.label);
    if (batch.length < BATCH) continue;
    await add(batch);
    batch = [];
  }
  await add(batch);
}
