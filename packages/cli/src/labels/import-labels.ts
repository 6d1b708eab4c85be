import type { Label } from '@fairlead/capture';
import { CliError } from '../cli-error.ts';
import { oneLine } from '../output/plain-text.ts';
import { openLabelTable, type LabelTable } from './label-table.ts';
import { labelReader, type LabelColumns, type ReadLabel } from './read-label.ts';

const BATCH = 10_000;
/** Rows that are remembered to count duplicates; of a larger file the count is of its first rows. */
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
 * they are to be skipped.
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
      `${path} has ${checked.invalid} invalid rows, and nothing was imported: ${checked.problems.join('; ')}. Correct them, or add --skip-invalid`,
    );
  }
  const { labels, duplicates, invalid } = checked;
  if (add !== undefined) await addRows(table, read, add);
  return { labels, duplicates, invalid };
}

type Reader = (cells: readonly unknown[] | undefined) => ReadLabel;

async function checkRows(
  table: LabelTable,
  read: Reader,
): Promise<LabelImport & { readonly problems: readonly string[] }> {
  const seen = new Set<string>();
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
    const key = `${found.label.row ?? 0} ${found.label.requestId}`;
    if (seen.has(key)) duplicates += 1;
    else if (seen.size < MAX_REMEMBERED) seen.add(key);
  }
  return { labels, duplicates, invalid, problems };
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
