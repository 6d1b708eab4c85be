import type { RolloutOutcome, RolloutPlan } from '@fairlead/rollout';
import { CliError } from '../cli-error.ts';
import { openLabelTable } from '../labels/label-table.ts';
import { timeOf } from '../labels/read-label.ts';
import { count } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';

const COLUMNS = ['key', 'metric', 'value', 'at'] as const;
type Column = (typeof COLUMNS)[number];

const MAX_KEY = 1024;
const MAX_VALUE = 1e12;
/** Outcomes of a file at most: they are stored together, or not at all. */
const MAX_OUTCOMES = 1_000_000;
const MAX_PROBLEMS = 3;
const NUMBER = /^-?\d{1,15}(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/u;

/** Options of {@link readOutcomesFile}. */
export interface OutcomesFileOptions {
  readonly plan: RolloutPlan;
  /** Time of outcomes without one, and the last one that is permitted, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Reads a table of outcomes with the columns `key`, `metric`, `value` and, if there is one, `at`.
 *
 * @throws CliError `ERR_CLI_FILE` for a table without these columns, and with rows that are invalid
 */
export async function readOutcomesFile(
  path: string,
  { plan, now }: OutcomesFileOptions,
): Promise<readonly RolloutOutcome[]> {
  const table = await openLabelTable(path, 'a table of outcomes');
  const read = outcomeReader(path, table.columns, plan, now);
  const outcomes: RolloutOutcome[] = [];
  const problems: string[] = [];
  let invalid = 0;
  for await (const { place, cells } of table.read()) {
    const found = read(cells);
    if (typeof found !== 'string') outcomes.push(found);
    else {
      invalid += 1;
      if (problems.length < MAX_PROBLEMS) problems.push(`${place}: ${oneLine(found)}`);
    }
    if (outcomes.length > MAX_OUTCOMES) {
      throw new CliError(
        'ERR_CLI_FILE',
        `${path} has more than ${MAX_OUTCOMES} outcomes, and nothing was imported: split the file`,
      );
    }
  }
  if (invalid === 0) return outcomes;
  throw new CliError(
    'ERR_CLI_FILE',
    `${path} has ${count(invalid, 'invalid row')}, and nothing was imported: ${problems.join('; ')}`,
  );
}

/** Returns a function that reads the cells of a row, or says what is wrong with it. */
function outcomeReader(
  path: string,
  columns: readonly string[],
  { outcomes }: RolloutPlan,
  now: number,
): (cells: readonly unknown[] | undefined) => RolloutOutcome | string {
  const indexes = Object.fromEntries(
    COLUMNS.map((column) => [column, columns.indexOf(column)]),
  ) as Record<Column, number>;
  const missing = COLUMNS.find((column) => column !== 'at' && indexes[column] === -1);
  if (missing !== undefined) {
    throw new CliError(
      'ERR_CLI_FILE',
      `${path} has no column ${JSON.stringify(missing)}; it has ${columns.map((each) => JSON.stringify(each)).join(', ')}`,
    );
  }
  const types = new Map(outcomes?.metrics.map(({ name, type }) => [name, type]));
  return (cells) => {
    if (cells === undefined) return 'it is no record of a table';
    if (cells.length !== columns.length) {
      return `it has ${count(cells.length, 'cell')}, and the table ${count(columns.length, 'column')}`;
    }
    const key = textOf(cells[indexes.key]);
    if (key === undefined) return `it has no key of 1 to ${MAX_KEY} characters`;
    const metric = textOf(cells[indexes.metric]);
    if (metric === undefined || !types.has(metric)) {
      return `its metric is none of the test, which has ${[...types.keys()].join(', ')}`;
    }
    const value = numberOf(cells[indexes.value]);
    if (value === undefined) return 'its value is no number from -1e12 to 1e12';
    if (types.get(metric) === 'conversion' && value !== 0 && value !== 1) {
      return `its value ${value} is neither 0 nor 1`;
    }
    const at = indexes.at === -1 ? null : timeOf(cells[indexes.at]);
    if (at === undefined) return 'its time is neither milliseconds since the epoch nor ISO 8601';
    if (at !== null && at > now) return `its time ${new Date(at).toISOString()} is in the future`;
    return { key, metric, value, at: at ?? now };
  };
}

function textOf(cell: unknown): string | undefined {
  const text = typeof cell === 'bigint' || typeof cell === 'number' ? String(cell) : cell;
  return typeof text === 'string' && text !== '' && text.length <= MAX_KEY ? text : undefined;
}

function numberOf(cell: unknown): number | undefined {
  const isText = typeof cell === 'string';
  const value = isText && !NUMBER.test(cell.trim()) ? NaN : Number(cell);
  const isNumber = isText || typeof cell === 'number' || typeof cell === 'bigint';
  return isNumber && Math.abs(value) <= MAX_VALUE ? value : undefined;
}
