import { setImmediate } from 'node:timers/promises';
import { baselineDigest, type Baseline } from '@fairlead/windows';
import type { DriftReport } from '../report/drift-report.ts';
import { judgeInSteps } from '../verdict/judge-drift.ts';
import {
  readWatchOptions,
  type DriftCheckResult,
  type DriftWatchOptions,
  type WatchedWindow,
} from './drift-watch-options.ts';
import { makeVerdict, type DriftVerdict, type WatchedVersion } from './drift-verdict.ts';
import { VerdictLog } from './verdict-log.ts';

/** State of a version that needs no request to the store. */
interface KnownVersion {
  readonly latest: DriftVerdict | undefined;
  /** Spans until this time have been judged, or have no windows. */
  readonly until: number;
  readonly missing?: 'baseline' | 'windows';
}

/**
 * Judges finished hours or days of a fleet, without a leader: every process of it may have a watch. A verdict follows from the
 * windows and the verdict before, and is stored by *create if absent*: of several judges one stores it, and the others read it.
 *
 * Changes of verdicts, such as a drift that begins, are passed to `recordChange` before the next verdict is stored. A process that is killed in between
 * loses no change: the next check of any process repeats it.
 *
 * @example
 * ```ts
 * import { DriftWatch, type VerdictObjects } from '@fairlead/drift';
 * import { BinCounter, baselineDigest, createBaseline } from '@fairlead/windows';
 *
 * const inputs = [{ name: 'age', datatype: 'INT32', shape: [-1] }] as const;
 * const ages = (from: number) => Array.from({ length: 1_000 }, (_, row) => from + (row % 50));
 * const baseline = createBaseline({ age: ages(20) }, { signature: { inputs, outputs: [] } });
 * const hour = (index: number, firstAge: number) => {
 *   const counter = new BinCounter(baseline.features[0]!.bins);
 *   for (const age of ages(firstAge)) counter.addNumber(age);
 *   const features = [{ name: 'age', counts: counter.counts() }];
 *   return { from: index * 3_600_000, to: (index + 1) * 3_600_000, baseline: baselineDigest(baseline), features };
 * };
 * // In place of `openWindowStore` of @fairlead/windows, and of `folderStore` or `s3Store` of @fairlead/registry.
 * const windows = { read: async () => [hour(0, 20), hour(1, 40), hour(2, 40)] };
 * const bodies = new Map<string, Uint8Array>();
 * const verdicts: VerdictObjects = {
 *   create: async (key, body) => !bodies.has(key) && bodies.set(key, body).size > 0,
 *   read: async (key) => bodies.get(key),
 *   list: async () => [],
 * };
 * const watch = new DriftWatch({
 *   windows,
 *   verdicts,
 *   baselineOf: async () => baseline,
 *   recordChange: async ({ change, columns }) => {
 *     console.log(change, columns[0]?.explanation?.split(';')[0]); // began Mean from 44.5 to 64.5 (+1.386 standard deviations)
 *   },
 *   now: () => 4 * 3_600_000,
 * });
 * const { latest } = await watch.check({ model: 'churn', version: '3' });
 * console.log(latest?.status, [...bodies.keys()].at(-1)); // drift drift/churn/3/hour/1970-01-01/02.json
 * ```
 */
export class DriftWatch {
  readonly #options: ReturnType<typeof readWatchOptions>;
  readonly #log: VerdictLog;
  readonly #known = new Map<string, KnownVersion>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @throws DriftError `ERR_DRIFT_INVALID_OPTION` */
  constructor(options: DriftWatchOptions) {
    this.#options = readWatchOptions(options);
    const { verdicts, unit, onError } = this.#options;
    this.#log = new VerdictLog(verdicts, unit, onError);
  }

  /**
   * Judges the finished hours or days of a version that have windows, and no verdict yet.
   *
   * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for a name that can't be part of a key, `ERR_DRIFT_INCOMPATIBLE`,
   * `ERR_DRIFT_VERDICT_INVALID`; errors of the stores, of `baselineOf` and of `recordChange`
   */
  async check({ model, version }: WatchedVersion): Promise<DriftCheckResult> {
    const { windowMs, graceMs, catchUpSpans, now, baselineOf } = this.#options;
    const label = { model, version };
    const end = Math.floor((now() - graceMs) / windowMs) * windowMs;
    const key = `${model}/${version}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.until >= end) return { created: [], ...resultOf(known) };
    // A judge with a wrong clock may have stored verdicts on the future.
    const before = await this.#log.newest(label, end + windowMs);
    if (before !== undefined) await this.#recordChanges(before);
    const until = Math.max(before?.to ?? 0, known?.until ?? 0, end - catchUpSpans * windowMs);
    if (until >= end) return { created: [], ...this.#remember(key, { latest: before, until }) };
    const baseline = await baselineOf(label);
    if (baseline === undefined) {
      const missing = { latest: before, until: end, missing: 'baseline' } as const;
      return { created: [], ...this.#remember(key, missing) };
    }
    return this.#judge(label, baseline, { before, until, end });
  }

  /**
   * Checks all `versions` now and then, until {@link close}. The first check is at a random time within the interval, so that the processes
   * of a fleet don't judge at once; errors go to `onError`, and the next check tries again.
   */
  start(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    const { intervalMs } = this.#options;
    this.#schedule(Math.ceil(Math.random() * intervalMs));
  }

  /** Ends {@link start}, and waits for a check that runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#checkAll().finally(() => {
        if (!this.#isClosed) this.#schedule(this.#options.intervalMs);
      });
    }, delayMs).unref();
  }

  async #checkAll(): Promise<void> {
    const { versions, onCheck, onError } = this.#options;
    const check = async (version: WatchedVersion): Promise<void> => {
      onCheck({ ...version, ...(await this.check(version)) });
    };
    try {
      for (const version of await versions()) {
        if (this.#isClosed) return;
        await check(version).catch(onError);
      }
    } catch (error) {
      onError(error);
    }
  }

  async #judge(
    label: WatchedVersion,
    baseline: Baseline,
    { before, until, end }: { before: DriftVerdict | undefined; until: number; end: number },
  ): Promise<DriftCheckResult> {
    const { windows, unit, windowMs, historySpans, onVerdict } = this.#options;
    const digest = baselineDigest(baseline);
    const historyMs = historySpans * windowMs;
    const span = { from: Math.max(0, until + windowMs - historyMs), to: end, unit };
    const all = await windows.read(label, span);
    // Only something foreign stores windows with the bins of another baseline.
    const comparable = all.filter((window) => window.baseline === digest);
    const created: DriftVerdict[] = [];
    let latest = before;
    let isJudged = false;
    for (let from = until; from < end && !this.#isClosed; from += windowMs) {
      const to = from + windowMs;
      if (!comparable.some(begins(from, to))) continue;
      const report = await this.#compare(baseline, comparable.filter(begins(to - historyMs, to)));
      const subject = { ...label, baseline: digest, from, to };
      const stored = await this.#log.create(makeVerdict(subject, report, latest));
      latest = stored.verdict;
      isJudged = true;
      if (stored.created) {
        created.push(latest);
        // First: a verdict is stored by one process once, while a change is recorded by any, again after an error.
        onVerdict(latest);
      }
      await this.#recordChanges(latest);
    }
    if (this.#isClosed) return { latest, created };
    const state = isJudged
      ? { latest, until: end }
      : { latest, until: end, missing: 'windows' as const };
    return { created, ...this.#remember(`${label.model}/${label.version}`, state) };
  }

  /** Judges a feature at a time, with pauses: requests of the process don't wait. */
  async #compare(baseline: Baseline, windows: readonly WatchedWindow[]): Promise<DriftReport> {
    const { rules, windowMs } = this.#options;
    const steps = judgeInSteps(baseline, windows, { ...rules, windowMs, historyWindows: 0 });
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      await setImmediate();
    }
  }

  async #recordChanges(verdict: DriftVerdict): Promise<void> {
    const { model, version, from, to, began, ended, drifted } = verdict;
    const { recordChange } = this.#options;
    const about = { model, version, verdict: this.#log.keyOf(verdict, from), from, to };
    if (began.length > 0) {
      const columns = began.map(({ name, role }) => {
        const found = drifted.find((each) => each.name === name && each.role === role);
        return { name, role, ...(found && { explanation: found.explanation }) };
      });
      await recordChange({ ...about, change: 'began', columns });
    }
    if (ended.length > 0) await recordChange({ ...about, change: 'ended', columns: ended });
  }

  #remember(key: string, state: KnownVersion): Omit<DriftCheckResult, 'created'> {
    this.#known.set(key, state);
    return resultOf(state);
  }
}

const begins =
  (from: number, to: number) =>
  (window: WatchedWindow): boolean =>
    window.from >= from && window.from < to;

function resultOf({ latest, missing }: KnownVersion): Omit<DriftCheckResult, 'created'> {
  return { latest, ...(missing !== undefined && { missing }) };
}
