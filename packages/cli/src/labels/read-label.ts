import { count } from '../output/format-values.ts';
import type { Label } from '@fairlead/capture';
import { CliError } from '../cli-error.ts';

/** Columns of a table of labels. */
export interface LabelColumns {
  readonly id: string;
  readonly row: string;
  readonly label: string;
  readonly time: string;
}

/** Names of the columns, unless the command line names others. */
const labelColumns: LabelColumns = {
  id: 'request_id',
  row: 'row',
  label: 'label',
  time: 'observed_at',
};

/** Label of a row, or what is wrong with it. */
export type ReadLabel = { readonly label: Label } | { readonly problem: string };

const MAX_TEXT = 1024;
const NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/u;

/**
 * Returns a function that reads the cells of a row; rows and times are optional columns.
 *
 * @param latest the last time at which a label may have been observed
 * @throws CliError `ERR_CLI_FILE` for a column that the table doesn't have
 */
export function labelReader(
  path: string,
  columns: readonly string[],
  given: Partial<LabelColumns>,
  latest: number,
): (cells: readonly unknown[] | undefined) => ReadLabel {
  const indexOf = (name: keyof LabelColumns, isOptional: boolean): number => {
    const column = given[name] ?? labelColumns[name];
    const index = columns.indexOf(column);
    if (index !== -1 || (isOptional && given[name] === undefined)) return index;
    throw new CliError(
      'ERR_CLI_FILE',
      `${path} has no column ${JSON.stringify(column)}; it has ${columns.map((each) => JSON.stringify(each)).join(', ')}`,
    );
  };
  const [id, label] = [indexOf('id', false), indexOf('label', false)];
  const [row, time] = [indexOf('row', true), indexOf('time', true)];
  return (cells) => {
    if (cells === undefined) return { problem: 'it is no record of a table' };
    if (cells.length !== columns.length) {
      return {
        problem: `it has ${count(cells.length, 'cell')}, and the table ${count(columns.length, 'column')}`,
      };
    }
    const requestId = idOf(cells[id]);
    if (requestId === undefined)
      return { problem: `it has no request id of 1 to ${MAX_TEXT} characters` };
    const value = labelOf(cells[label]);
    if (value === undefined)
      return { problem: `it has no label: a number, true, false, or up to ${MAX_TEXT} characters` };
    const rowNumber = row === -1 ? null : wholeOf(cells[row]);
    if (rowNumber === undefined) return { problem: 'its row is no whole number from 0' };
    const observedAt = time === -1 ? null : timeOf(cells[time]);
    if (observedAt === undefined)
      return { problem: 'its time is neither milliseconds since the epoch nor ISO 8601' };
    if (observedAt !== null && observedAt > latest)
      return { problem: `its time ${new Date(observedAt).toISOString()} is in the future` };
    return {
      label: {
        requestId,
        label: value,
        ...(rowNumber !== null && { row: rowNumber }),
        ...(observedAt !== null && { observedAt }),
      },
    };
  };
}

function idOf(cell: unknown): string | undefined {
  const text = typeof cell === 'bigint' || typeof cell === 'number' ? String(cell) : cell;
  return typeof text === 'string' && text !== '' && text.length <= MAX_TEXT ? text : undefined;
}

/** Numbers and truth values in CSV are those of JSON; with leading zeros they are texts. */
function labelOf(cell: unknown): Label['label'] | undefined {
  if (typeof cell === 'boolean') return cell;
  if (typeof cell === 'bigint') return Number(cell);
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : undefined;
  if (typeof cell !== 'string' || cell === '' || cell.length > MAX_TEXT) return undefined;
  if (cell === 'true' || cell === 'false') return cell === 'true';
  return NUMBER.test(cell) && Number.isFinite(Number(cell)) ? Number(cell) : cell;
}

/** Row of a request; null for an empty cell, undefined for one that is no row. */
function wholeOf(cell: unknown): number | null | undefined {
  if (cell === '' || cell === null || cell === undefined) return null;
  if (typeof cell === 'string' && !/^\d{1,10}$/u.test(cell)) return undefined;
  const value = Number(cell);
  return Number.isInteger(value) && value >= 0 && value < 2 ** 31 ? value : undefined;
}

/** Milliseconds since the epoch; null for an empty cell, undefined for one that is no time. */
export function timeOf(cell: unknown): number | null | undefined {
  if (cell === '' || cell === null || cell === undefined) return null;
  if (cell instanceof Date) return validTime(cell.getTime());
  if (typeof cell === 'string' && !/^-?\d+$/u.test(cell)) {
    // Without a zone it is UTC, as everywhere here, and not the zone of this machine.
    const hasZone = !/[T ]\d\d:[\d:.]+$/u.test(cell);
    return /^\d{4}-\d{2}-\d{2}/u.test(cell)
      ? validTime(Date.parse(hasZone ? cell : `${cell}Z`))
      : undefined;
  }
  return validTime(Number(cell));
}

function validTime(time: number): number | undefined {
  return Number.isInteger(time) && Math.abs(time) <= 8.64e15 ? time : undefined;
}
