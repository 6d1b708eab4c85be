import { checkInteger, checkNumber, checkOptions, invalidOption } from '../check-options.ts';
import { readEffects, type EffectFloors, type RuleLimits } from '../rules/rule-limits.ts';
import type { OnsetRule } from '../rules/onset.ts';

/** Options of {@link judgeDrift}. */
export interface JudgeOptions {
  /**
   * Span in milliseconds that is judged at once; windows that begin in the same span are merged. Traffic with a daily cycle needs a day, 86,400,000.
   *
   * @defaultValue 3,600,000, an hour
   */
  readonly windowMs?: number;
  /** Values of a feature that are enough for a verdict; windows with fewer are merged with the next. @defaultValue 100 */
  readonly minValues?: number;
  /** Probability that any feature differs significantly in a window without a shift. @defaultValue 0.05 */
  readonly alpha?: number;
  /** Windows that must differ, of how many. @defaultValue `{ flagged: 2, of: 3 }` */
  readonly onset?: OnsetRule;
  /** Smallest effects that count as a shift. */
  readonly effects?: Partial<EffectFloors>;
  /** Judged windows in the report for each feature. @defaultValue 168, a week of hours */
  readonly historyWindows?: number;
}

/** Options with their defaults. */
export interface DriftRules extends Required<Omit<JudgeOptions, 'effects'>> {
  readonly limits: RuleLimits;
}

const names = {
  windowMs: 'optional',
  minValues: 'optional',
  alpha: 'optional',
  onset: 'optional',
  effects: 'optional',
  historyWindows: 'optional',
} as const;

const MAX_WINDOW_MS = 366 * 86_400_000;

/** Fills in defaults, and checks each option. */
export function readJudgeOptions(options: JudgeOptions, features: number): DriftRules {
  const {
    windowMs = 3_600_000,
    minValues = 100,
    alpha = 0.05,
    onset = { flagged: 2, of: 3 },
    effects,
    historyWindows = 168,
  } = checkOptions('judgeDrift', options, names);
  checkInteger('judgeDrift: windowMs', windowMs, 1, MAX_WINDOW_MS);
  checkInteger('judgeDrift: minValues', minValues, 2, Number.MAX_SAFE_INTEGER);
  checkNumber('judgeDrift: alpha', alpha, Number.MIN_VALUE, 1);
  checkOptions('judgeDrift: onset', onset, { flagged: 'required', of: 'required' });
  checkInteger('judgeDrift: onset.flagged', onset.flagged, 1, 1_000);
  checkInteger('judgeDrift: onset.of', onset.of, 1, 1_000);
  if (onset.flagged > onset.of) {
    throw invalidOption(
      `judgeDrift: onset.flagged is ${onset.flagged} and onset.of ${onset.of}: an alert would never begin. Use { flagged: 2, of: 3 }.`,
    );
  }
  checkInteger('judgeDrift: historyWindows', historyWindows, 0, 100_000);
  // Numbers have two rules, each at half of the level.
  const significance = alpha / (2 * Math.max(features, 1));
  const limits = { effects: readEffects(effects), significance };
  return { windowMs, minValues, alpha, onset, historyWindows, limits };
}
