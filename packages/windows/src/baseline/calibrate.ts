import type { TensorSpec } from '@fairlead/signature';
import type { CalibrationBaseline, ClassCalibration } from './baseline.ts';

/** Most groups of a class; with fewer distinct scores, each has a group. */
const MAX_GROUPS = 256;
const POSITIVE = ['1', 'true', '1.0'];

/** Scores of one class, by row; NaN where missing. */
export interface ScoreColumn {
  readonly index: number;
  readonly score: (row: number) => number;
}

/**
 * Groups rows of similar scores, and counts those whose label is the class; undefined without scores.
 *
 * @param spec - the output with the scores: its features name the classes, else their indexes are the labels
 */
export function calibrate(
  spec: TensorSpec,
  columns: readonly ScoreColumn[],
  labelOf: (row: number) => string | undefined,
  rows: number,
): CalibrationBaseline | undefined {
  if (columns.length === 0) return undefined;
  const isBinary = columns.length === 1;
  const classes = columns.map(({ index, score }): ClassCalibration => {
    const name = spec.features?.[index]?.name ?? String(index);
    const label = isBinary ? '1' : name;
    const labels = new Set(isBinary ? POSITIVE : [label, `${label}.0`]);
    const pairs: Pair[] = [];
    for (let row = 0; row < rows; row += 1) {
      const text = labelOf(row);
      const value = score(row);
      if (text === undefined || Number.isNaN(value)) continue;
      pairs.push({ score: value, positive: labels.has(isBinary ? text.toLowerCase() : text) });
    }
    return { label, index, ...group(pairs) };
  });
  return { tensor: spec.name, classes };
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
