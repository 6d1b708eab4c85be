import { describeValue } from '@fairlead/signature';
import { checkNumber, checkOptions, invalidOption } from '../check-options.ts';
import { checkColumn, presentValues, type ColumnSamples } from './column-samples.ts';
import { evidentlyTests, type EvidentlyTest, type PresentColumn } from './evidently-tests.ts';

/** Options of {@link evidentlyDrift}. */
export interface EvidentlyOptions {
  /** Test in place of the one that Evidently chooses by the kind of the column and the size of the reference data. */
  readonly test?: EvidentlyTest;
  /** Threshold of the score. @defaultValue 0.05 for probabilities, 0.1 for distances */
  readonly threshold?: number;
}

/** Verdict of Evidently on a column. */
export interface EvidentlyDrift {
  readonly test: EvidentlyTest;
  /** Probability or distance; NaN where the test doesn't apply, such as chi-square with one category. */
  readonly score: number;
  readonly threshold: number;
  readonly drifted: boolean;
}

const probabilities: ReadonlySet<EvidentlyTest> = new Set(['ks', 'chisquare', 'z']);

/**
 * Computes score and verdict as Evidently 0.7 does, for teams that compare; for new work use {@link judgeDrift}, which rarely alerts without a
 * shift.
 *
 * Reproduces also what is odd in them: an unknown category has probability 0, a single one NaN, and the z-test rounds small
 * probabilities to 0.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming the option or the member of the column
 *
 * @example
 * ```ts
 * import { evidentlyDrift } from '@fairlead/drift';
 *
 * const reference = Array.from({ length: 200 }, (_, row) => row);
 * const current = reference.map((value) => value + 40);
 * const { test, score, drifted } = evidentlyDrift({ kind: 'numbers', reference, current });
 * console.log(test, score.toFixed(6), drifted); // ks 0.000649 true
 * ```
 */
export function evidentlyDrift(
  column: ColumnSamples,
  options: EvidentlyOptions = {},
): EvidentlyDrift {
  const { kind, reference, current, wholeNumbers = false } = checkColumn('evidentlyDrift', column);
  checkOptions('evidentlyDrift', options, { test: 'optional', threshold: 'optional' });
  const present: PresentColumn = {
    kind,
    reference: presentValues(reference),
    current: presentValues(current),
    wholeNumbers,
  };
  const test = options.test ?? defaultTest(present);
  if (!Object.hasOwn(evidentlyTests, test)) {
    throw invalidOption(
      `evidentlyDrift: test ${describeValue(test)} is unknown. Known are ${Object.keys(evidentlyTests).join(', ')}.`,
    );
  }
  const { threshold = probabilities.has(test) ? 0.05 : 0.1 } = options;
  checkNumber('evidentlyDrift: threshold', threshold, 0, Infinity);
  const isEmpty = present.reference.length === 0 || present.current.length === 0;
  const score = isEmpty ? NaN : evidentlyTests[test](present);
  return {
    test,
    score,
    threshold,
    drifted: probabilities.has(test) ? score < threshold : score >= threshold,
  };
}

function defaultTest({ kind, reference, current }: PresentColumn): EvidentlyTest {
  const distinct = new Set([...reference, ...current]).size;
  const isNumeric = kind === 'numbers' && distinct > 5;
  if (reference.length > 1_000) return isNumeric ? 'wasserstein' : 'jensenshannon';
  if (isNumeric) return 'ks';
  return distinct > 2 ? 'chisquare' : 'z';
}
