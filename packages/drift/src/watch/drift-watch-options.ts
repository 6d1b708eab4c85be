import type { Baseline } from '@fairlead/windows';
import { checkInteger, checkOptions, invalidOption } from '../check-options.ts';
import type { DriftWindow } from '../verdict/drift-window.ts';
import { readJudgeOptions, type JudgeOptions } from '../verdict/judge-options.ts';
import type {
  DriftedFeature,
  DriftVerdict,
  VerdictColumn,
  WatchedVersion,
} from './drift-verdict.ts';
import { UNIT_MS, type WatchUnit } from './verdict-log.ts';
import type { VerdictObjects } from './verdict-objects.ts';

/** Source of the windows of a fleet; the `WindowStore` of `@fairlead/windows` is one. */
export interface WindowSource {
  /** Reads the windows of a version that begin from `from` until before `to`, both in milliseconds since the epoch. */
  read(
    version: WatchedVersion,
    span: { readonly from: number; readonly to: number; readonly unit: WatchUnit },
  ): Promise<readonly WatchedWindow[]>;
}

/** Counts of a span of time, with the digest of their baseline. */
export interface WatchedWindow extends DriftWindow {
  readonly baseline?: string | undefined;
}

/** Change of the verdict on a version. */
export interface VerdictChange extends WatchedVersion {
  readonly change: 'began' | 'ended';
  /** Key of the verdict in the store. */
  readonly verdict: string;
  /** Features and outputs whose drift began, with explanations, or ended. */
  readonly columns: readonly (VerdictColumn & Partial<Pick<DriftedFeature, 'explanation'>>)[];
  /** Begin and end of the judged hour or day, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Result of {@link DriftWatch.check}. */
export interface DriftCheckResult {
  /** Newest verdict on the version; undefined when none was possible yet. */
  readonly latest: DriftVerdict | undefined;
  /** Verdicts that this call stored, in the order of time. */
  readonly created: readonly DriftVerdict[];
  /** Why there is no newer verdict: the version has no baseline, or no window since then. */
  readonly missing?: 'baseline' | 'windows';
}

/** Options of {@link DriftWatch}. */
export interface DriftWatchOptions {
  readonly windows: WindowSource;
  /** Store of the verdicts: that of the registry. */
  readonly verdicts: VerdictObjects;
  /** Reads the baseline of a version; undefined for a version without one, which isn't judged. */
  readonly baselineOf: (version: WatchedVersion) => Promise<Baseline | undefined>;
  /**
   * Records a change in the history of the model: once for its `change` and `verdict`, which it may be called with several times, by several
   * processes. `recordDrift` of a version of `@fairlead/registry` does this.
   */
  readonly recordChange?: ((change: VerdictChange) => Promise<unknown>) | undefined;
  /** Span that is judged at once. Traffic with a daily cycle needs `day`. @defaultValue `hour` */
  readonly unit?: WatchUnit | undefined;
  /** Rules of the verdicts. All judges of a registry must have the same. */
  readonly rules?: Omit<JudgeOptions, 'windowMs' | 'historyWindows'> | undefined;
  /** Hours or days before the end of a verdict whose windows it is about. @defaultValue 72 */
  readonly historySpans?: number | undefined;
  /** Spans without a verdict that are judged later, the last ones. @defaultValue 24 */
  readonly catchUpSpans?: number | undefined;
  /** A span is judged so long after its end, in milliseconds: late windows are in the next verdict. @defaultValue 600000 (10 min) */
  readonly graceMs?: number | undefined;
  /** Versions that {@link DriftWatch.start} judges, such as those that a process serves. */
  readonly versions?:
    (() => Iterable<WatchedVersion> | Promise<Iterable<WatchedVersion>>) | undefined;
  /** Time between two checks of all versions by {@link DriftWatch.start}, in milliseconds; the first one is at a random time before. @defaultValue 300000 (5 min) */
  readonly intervalMs?: number | undefined;
  /** Called with the result of each check by {@link DriftWatch.start} that didn't fail. */
  readonly onCheck?: ((result: WatchedVersion & DriftCheckResult) => void) | undefined;
  /** Called with each verdict that this process stored, before its changes are recorded: also where that fails. */
  readonly onVerdict?: ((verdict: DriftVerdict) => void) | undefined;
  /** Called with errors of checks, and for each invalid verdict. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/** Fills in defaults, and checks each option. */
export function readWatchOptions(options: DriftWatchOptions) {
  const {
    windows,
    verdicts,
    baselineOf,
    recordChange = () => Promise.resolve(),
    unit = 'hour',
    rules = {},
    historySpans = 72,
    catchUpSpans = 24,
    graceMs = 600_000,
    versions = () => [],
    intervalMs = 300_000,
    onCheck = () => undefined,
    onVerdict = () => undefined,
    onError = () => undefined,
    now = Date.now,
  } = checkOptions('DriftWatch', options, {
    windows: 'required',
    verdicts: 'required',
    baselineOf: 'required',
    recordChange: 'optional',
    unit: 'optional',
    rules: 'optional',
    historySpans: 'optional',
    catchUpSpans: 'optional',
    graceMs: 'optional',
    versions: 'optional',
    intervalMs: 'optional',
    onCheck: 'optional',
    onVerdict: 'optional',
    onError: 'optional',
    now: 'optional',
  });
  if (!Object.hasOwn(UNIT_MS, unit)) {
    throw invalidOption(`DriftWatch: unit must be "hour" or "day", got ${JSON.stringify(unit)}.`);
  }
  checkOptions('DriftWatch: rules', rules, {
    minValues: 'optional',
    alpha: 'optional',
    onset: 'optional',
    effects: 'optional',
  });
  const windowMs = UNIT_MS[unit];
  readJudgeOptions({ ...rules, windowMs }, 0);
  checkInteger('DriftWatch: historySpans', historySpans, 1, 1_000);
  checkInteger('DriftWatch: catchUpSpans', catchUpSpans, 1, 1_000);
  checkInteger('DriftWatch: graceMs', graceMs, 0, 7 * UNIT_MS.day);
  checkInteger('DriftWatch: intervalMs', intervalMs, 1, UNIT_MS.day);
  return {
    ...{ windows, verdicts, baselineOf, recordChange, unit, rules, versions, now },
    ...{ windowMs, historySpans, catchUpSpans, graceMs, intervalMs },
    onCheck: ignoringErrors(onCheck),
    onVerdict: ignoringErrors(onVerdict),
    onError: ignoringErrors(onError),
  };
}

/** A failing listener must not end the judging. */
function ignoringErrors<T>(listener: (value: T) => void): (value: T) => void {
  return (value) => {
    try {
      listener(value);
    } catch {
      // The listener reports its own errors.
    }
  };
}
