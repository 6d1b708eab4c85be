import { checkNumber, invalidOption } from '../check-options.ts';

/** Map from scores to probabilities that doesn't fall: linear between the given scores, and constant outside of them. */
export interface IsotonicCalibration {
  /** Scores in ascending order. */
  readonly scores: readonly number[];
  /** Probability of each score, in ascending order. */
  readonly probabilities: readonly number[];
}

/**
 * Fits probabilities to scores by isotonic regression: the map that doesn't fall with the smallest squared error. Rows with equal scores are averaged first.
 *
 * @param scores - finite numbers, one for each row
 * @param labels - true for rows of the class, one for each row
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` without rows, for lists of different length, or for a score that isn't finite
 *
 * @example
 * ```ts
 * import { calibrateScores, fitIsotonic } from '@fairlead/drift';
 *
 * const scores = [1, 1, 5, 7, 9, 9];
 * const calibration = fitIsotonic(scores, [false, true, true, false, true, true]);
 * console.log(calibrateScores(calibration, [0, 6, 8, 10])); // [ 0.5, 0.5, 0.75, 1 ]
 * ```
 */
export function fitIsotonic(
  scores: readonly number[],
  labels: readonly boolean[],
): IsotonicCalibration {
  if (scores.length === 0 || scores.length !== labels.length) {
    throw invalidOption(
      `fitIsotonic: ${scores.length} scores and ${labels.length} labels: pass one of both for each row, and one row at least.`,
    );
  }
  for (const score of scores) {
    checkNumber('fitIsotonic: a score', score, -Number.MAX_VALUE, Number.MAX_VALUE);
  }
  return fitGroups(groupByScore(scores, labels));
}

/** Fits probabilities to groups of rows with equal scores, in ascending order of the scores. */
export function fitGroups(groups: readonly ScoreGroup[]): IsotonicCalibration {
  const pools = poolAdjacent(
    groups.map(({ score, ...counts }) => ({ first: score, last: score, ...counts })),
  );
  const knots = pools.flatMap<readonly [number, number]>(({ first, last, positives, rows }) => {
    const probability = positives / rows;
    const start = [first, probability] as const;
    return first === last ? [start] : [start, [last, probability]];
  });
  return {
    scores: knots.map(([score]) => score),
    probabilities: knots.map(([, probability]) => probability),
  };
}

/**
 * Maps scores to calibrated probabilities.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for a calibration that is none
 *
 * @example
 * ```ts
 * import { calibrateScores } from '@fairlead/drift';
 *
 * const calibration = { scores: [0, 1], probabilities: [0.25, 0.75] };
 * console.log(calibrateScores(calibration, [0.5, 2])); // [ 0.5, 0.75 ]
 * ```
 */
export function calibrateScores(
  calibration: IsotonicCalibration,
  scores: readonly number[],
): readonly number[] {
  const { scores: knots, probabilities } = calibration;
  if (knots.length === 0 || knots.length !== probabilities.length) {
    throw invalidOption(
      `calibrateScores: the calibration has ${knots.length} scores and ${probabilities.length} probabilities. Use a result of fitIsotonic.`,
    );
  }
  return scores.map((score) => interpolate(knots, probabilities, score));
}

/** Rows with one score. */
export interface ScoreGroup {
  readonly score: number;
  readonly positives: number;
  readonly rows: number;
}

/** Rows of a range of scores with one probability. */
interface Pool {
  readonly first: number;
  readonly last: number;
  readonly positives: number;
  readonly rows: number;
}

function groupByScore(
  scores: readonly number[],
  labels: readonly boolean[],
): readonly ScoreGroup[] {
  const groups = new Map<number, { positives: number; rows: number }>();
  for (const [row, score] of scores.entries()) {
    const group = groups.get(score) ?? { positives: 0, rows: 0 };
    group.positives += labels[row] === true ? 1 : 0;
    group.rows += 1;
    groups.set(score, group);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([score, counts]) => ({ score, ...counts }));
}

/** Merges neighbors whose probability falls. */
function poolAdjacent(groups: readonly Pool[]): readonly Pool[] {
  const pools: Pool[] = [];
  for (const group of groups) {
    let pool = group;
    for (let before = pools.at(-1); before !== undefined; before = pools.at(-1)) {
      // Of whole numbers: exact.
      if (before.positives * pool.rows < pool.positives * before.rows) break;
      pools.pop();
      pool = {
        first: before.first,
        last: pool.last,
        positives: before.positives + pool.positives,
        rows: before.rows + pool.rows,
      };
    }
    pools.push(pool);
  }
  return pools;
}

function interpolate(knots: readonly number[], values: readonly number[], x: number): number {
  let low = 0;
  let high = knots.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((knots[middle] ?? Infinity) <= x) low = middle + 1;
    else high = middle;
  }
  const [from, to] = [knots[low - 1], knots[low]];
  const [start, end] = [values[low - 1], values[low]];
  if (from === undefined || start === undefined) return end ?? NaN;
  if (to === undefined || end === undefined) return start;
  return start + ((end - start) * (x - from)) / (to - from);
}
