import { describeValue, type TensorSpec } from '@fairlead/signature';
import { WindowsError } from '../windows-error.ts';
import type { CalibrationBaseline, ClassCalibration } from './baseline.ts';
import { isMissing } from './read-cell.ts';

/** Most groups of a class; with fewer distinct scores, each has a group. */
const MAX_GROUPS = 256;
const POSITIVE = ['1', 'true', '1.0'];
const NEGATIVE = ['0', 'false', '0.0'];
const MAX_NAMED = 10;

/** Scores of one class, by row; NaN where missing. */
export interface ScoreColumn {
  readonly index: number;
  readonly score: (row: number) => number;
}

/** Labels of a table, by row; undefined where missing. */
export interface LabelColumn {
  readonly name: string;
  readonly text: (row: number) => string | undefined;
}

/**
 * Groups rows of similar scores, and counts those whose label is the class; undefined without scores. Rows without a label are left
 * out.
 *
 * @param spec - the output with the scores: its features name the classes, else their indexes are the labels
 * @throws WindowsError `ERR_WINDOWS_TABLE_INVALID` for a label of a single score that is neither 1 nor 0, and for labels of which none
 * is a class: they would count as those of another class
 */
export function calibrate(
  spec: TensorSpec,
  columns: readonly ScoreColumn[],
  labels: LabelColumn,
  rows: number,
): CalibrationBaseline | undefined {
  if (columns.length === 0) return undefined;
  const names = columns.map(({ index }) => spec.features?.[index]?.name ?? String(index));
  const labelled =
    columns.length === 1 ? binaryLabels(labels, rows) : classLabels(labels, rows, names);
  const classes = columns.map(({ index, score }, position): ClassCalibration => {
    const pairs: Pair[] = [];
    for (const [row, label] of labelled.entries()) {
      const value = score(row);
      if (label === undefined || Number.isNaN(value)) continue;
      pairs.push({ score: value, positive: label === position });
    }
    const name = columns.length === 1 ? '1' : (names[position] ?? '');
    return { label: name, index, ...group(pairs) };
  });
  return { tensor: spec.name, classes };
}

/** Position of the class of a row, -1 for a class without scores; undefined where the label is missing. */
type LabelledRows = readonly (number | undefined)[];

/** 0 where the label is that of the score, -1 where it isn't. */
function binaryLabels({ name, text }: LabelColumn, rows: number): LabelledRows {
  return Array.from({ length: rows }, (_, row) => {
    const label = text(row)?.trim().toLowerCase();
    if (label === undefined || isMissing(label)) return undefined;
    if (POSITIVE.includes(label)) return 0;
    if (NEGATIVE.includes(label)) return -1;
    throw new WindowsError(
      'ERR_WINDOWS_TABLE_INVALID',
      `The training table has the label ${describeValue(text(row))} in the column ${describeValue(name)}; labels for a single score are 1 and 0, or true and false. Write them so, with 1 for the class that the score is of.`,
    );
  });
}

function classLabels(
  { name, text }: LabelColumn,
  rows: number,
  classes: readonly string[],
): LabelledRows {
  // pandas writes whole numbers of a column with missing values as 2.0.
  const positions = new Map(
    classes.flatMap((label, position) =>
      [`${label}.0`, label].map((each) => [each, position] as const),
    ),
  );
  const found = Array.from({ length: rows }, (_, row) => {
    const label = text(row)?.trim() ?? '';
    return positions.get(label) ?? (isMissing(label) ? undefined : -1);
  });
  // Labels of a class that the version doesn't know are no error, unless there are no others.
  const row = found.indexOf(-1);
  if (row === -1 || found.some((position) => position !== undefined && position >= 0)) return found;
  const more = classes.length > MAX_NAMED ? `, … (${classes.length} in all)` : '';
  throw new WindowsError(
    'ERR_WINDOWS_TABLE_INVALID',
    `The training table has the label ${describeValue(text(row))} in the column ${describeValue(name)}, and no label of a class: ${classes.slice(0, MAX_NAMED).map(describeValue).join(', ')}${more}. Write labels as the signature names the features of the output, or as their indexes if they have no names.`,
  );
}

interface Pair {
  readonly score: number;
  readonly positive: boolean;
}

/** Groups of about equal size, between which equal scores aren't divided. */
function group(pairs: Pair[]): Omit<ClassCalibration, 'label' | 'index'> {
  pairs.sort((left, right) => left.score - right.score);
  const distinct = new Set(pairs.map(({ score }) => score)).size;
  const size = distinct <= MAX_GROUPS ? 1 : Math.ceil(pairs.length / MAX_GROUPS);
  const scores: number[] = [];
  const counts: number[] = [];
  const positives: number[] = [];
  let start = 0;
  while (start < pairs.length) {
    let end = Math.min(start + size, pairs.length);
    while (end < pairs.length && pairs[end]?.score === pairs[end - 1]?.score) end += 1;
    const part = pairs.slice(start, end);
    const first = part[0]?.score ?? 0;
    // As differences from the first, so that equal scores keep their value.
    const mean = first + part.reduce((sum, { score }) => sum + (score - first), 0) / part.length;
    scores.push(Math.min(mean, part.at(-1)?.score ?? mean));
    counts.push(part.length);
    positives.push(part.filter(({ positive }) => positive).length);
    start = end;
  }
  return { scores, counts, positives };
}
