import type { Window, WindowLabel } from '../window/window.ts';
import { CountedVersions } from './counted-versions.ts';
import { PendingLosses } from './pending-losses.ts';
import type { RecorderCounts } from './recorder-counts.ts';
import type { FinishedInference, RecordedInference } from './recorded-inference.ts';
import { RowSampler } from './row-sampler.ts';
import { RowSelection } from './row-selection.ts';
import { VersionCounters } from './version-counters.ts';
import { checkRecorderOptions, type WindowRecorderOptions } from './window-recorder-options.ts';

/** Windows that wait for the store at most; further ones are lost, and counted. */
const MAX_PENDING = 1024;

/**
 * Counts what the versions of models see and answer, in windows of five minutes of UTC, which it passes to a store.
 *
 * It is an `InferenceRecorder` and an `InferenceObserver` of `@fairlead/serving`: the observer counts requests, the recorder
 * values. Neither throws, waits, or allocates memory for a value.
 *
 * @example
 * ```ts
 * import { type Window, WindowRecorder } from '@fairlead/windows';
 *
 * const windows: Window[] = [];
 * const recorder = new WindowRecorder({
 *   store: {
 *     async add(window) {
 *       windows.push(window);
 *     },
 *   },
 * });
 * recorder.inferenceFinished({
 *   model: 'churn', version: '3', outcome: 'success', rows: 2, requestDurationMs: 1.5,
 * });
 * await recorder.close();
 * console.log(windows[0]?.requests, windows[0]?.rows); // 1 2
 * ```
 */
export class WindowRecorder {
  readonly #options: ReturnType<typeof checkRecorderOptions>;
  readonly #sampler: RowSampler;
  readonly #selection = new RowSelection();
  /** Time of the current record. */
  #now = 0;
  /** Chooses the counted rows of the current record. */
  readonly #select = (rows: number, columns: number): RowSelection => {
    const step = this.#sampler.step(rows * columns, this.#now);
    this.#selection.choose(rows, step, this.#options.random);
    return this.#selection;
  };
  readonly #jitter = (): number => Math.floor(this.#options.random() * this.#options.jitterMs);
  readonly #losses = new PendingLosses();
  readonly #pending = new Set<Promise<void>>();
  readonly #delays = new Map<NodeJS.Timeout, () => void>();
  #versions = new CountedVersions();
  #slot: number;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #requests = 0;
  #stored = 0;
  #lostRequests = 0;
  #lostWindows = 0;

  constructor(options: WindowRecorderOptions) {
    this.#options = checkRecorderOptions(options);
    this.#sampler = new RowSampler({
      perSecond: this.#options.maxValuesPerSecond,
      atOnce: this.#options.maxValuesAtOnce,
    });
    this.#slot = this.#slotAt(this.#options.now());
    this.#startTimer();
  }

  /** Numbers of requests and windows since the recorder was created. */
  get counts(): RecorderCounts {
    return {
      requests: this.#requests,
      stored: this.#stored,
      waiting: this.#pending.size,
      lost: { requests: this.#lostRequests, windows: this.#lostWindows },
    };
  }

  /** Counts the values of an answered inference. */
  record(record: RecordedInference): void {
    // Where a version has no counters, the end of the request counts it as lost.
    const counters = this.#guard(record.label, 0, () => {
      this.#now = this.#options.now();
      return this.#countersOf(record.label, this.#now);
    });
    if (counters === undefined) return;
    this.#guard(record.label, 1, () => {
      counters.record(record, this.#select);
    });
  }

  /** Returns whether values of the inputs of a version are counted: where its baseline has features. */
  readsInputs(label: WindowLabel): boolean {
    const counters = this.#guard(label, 0, () => this.#countersOf(label, this.#options.now()));
    return counters?.countsInputs === true;
  }

  /** Does nothing: a request is counted when it ends. */
  inferenceStarted(): void {
    // Part of the interface of an observer.
  }

  /** Does nothing: windows count requests, not executions. */
  executed(): void {
    // Part of the interface of an observer.
  }

  /** Counts the end of a request. */
  inferenceFinished(event: FinishedInference): void {
    this.#guard(event, 1, () => {
      const counters = this.#countersOf(event, this.#options.now());
      if (counters === undefined) {
        this.#addLoss(labelOf(event), 1, 0);
        return;
      }
      counters.finished(event);
      this.#requests += 1;
    });
  }

  /** Adds a value of an outcome metric, such as the revenue after a prediction; other values than finite numbers are ignored. */
  recordOutcome(label: WindowLabel, name: string, value: number): void {
    if (!Number.isFinite(value)) return;
    this.#guard(label, 0, () => {
      this.#countersOf(label, this.#options.now())?.addOutcome(name, value);
    });
  }

  /** Counts requests that reached no recorder, such as those that a full queue dropped. */
  countLost(label: WindowLabel, requests: number): void {
    this.#addLoss(labelOf(label), requests, 0);
  }

  /** Passes the counts so far to the store, and waits until all windows are stored or lost. */
  async flush(): Promise<void> {
    this.#rotate(this.#slotAt(this.#options.now()), () => 0);
    this.#endDelays();
    await Promise.all(this.#pending);
  }

  /** Passes the counts to the store, and waits for it up to `closeTimeoutMs`; later events are ignored. */
  async close(): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    const flushed = this.flush();
    this.#closed = true;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.closeTimeoutMs);
    });
    await Promise.race([flushed, timeout]);
    clearTimeout(timer);
  }

  /** Runs a step of recording; its error loses a number of requests and nothing else. */
  #guard<T>(label: WindowLabel, requests: number, step: () => T): T | undefined {
    if (this.#closed) return undefined;
    try {
      return step();
    } catch (error) {
      if (requests > 0) this.#addLoss(labelOf(label), requests, 0);
      this.#report(error);
      return undefined;
    }
  }

  #countersOf(label: WindowLabel, now: number): VersionCounters | undefined {
    const slot = this.#slotAt(now);
    // A clock that was set back continues the window.
    if (slot > this.#slot) this.#rotate(slot, this.#jitter);
    const known = this.#versions.countersOf(label);
    if (known !== undefined) return known;
    const own = labelOf(label);
    if (this.#versions.size >= this.#options.maxVersions) return undefined;
    const counters = new VersionCounters(own, this.#options.baselineOf(own));
    this.#versions.add(own, counters);
    return counters;
  }

  /** Ends the windows of the slot, and passes each to the store after a delay. */
  #rotate(slot: number, delayMs: () => number): void {
    const ended = this.#versions;
    const from = this.#slot * this.#options.slotMs;
    this.#versions = new CountedVersions();
    this.#slot = Math.max(slot, this.#slot);
    for (const label of this.#losses.labels) {
      if (ended.countersOf(label) === undefined)
        ended.add(label, new VersionCounters(label, undefined));
    }
    for (const { label, counters } of ended.values()) {
      const makeWindow = (): Window =>
        counters.window(from, from + this.#options.slotMs, this.#losses.take(label));
      this.#store(makeWindow, delayMs());
    }
  }

  #store(makeWindow: () => Window, delayMs: number): void {
    if (this.#pending.size >= MAX_PENDING) {
      this.#lose(makeWindow(), new Error(`${MAX_PENDING} windows wait for the store`));
      return;
    }
    const stored = this.#storeAfter(makeWindow, delayMs)
      .catch((error: unknown) => {
        this.#report(error);
      })
      .finally(() => {
        this.#pending.delete(stored);
      });
    this.#pending.add(stored);
  }

  /** Makes and stores a window in a separate turn of the event loop, so that many don't hold it up. */
  async #storeAfter(makeWindow: () => Window, delayMs: number): Promise<void> {
    await this.#delay(delayMs);
    await new Promise((resolve) => setImmediate(resolve));
    const window = makeWindow();
    try {
      await this.#options.store.add(window);
      this.#stored += 1;
    } catch (error) {
      this.#lose(window, error);
    }
  }

  #lose(window: Window, error: unknown): void {
    const { requests, windows } = window.lost;
    const isReport = window.requests === 0 && window.sample.rows === 0;
    const label = labelOf(window);
    // Its report of earlier losses was counted before.
    this.#losses.add(label, requests, windows);
    this.#addLoss(label, window.requests, isReport ? 0 : 1);
    this.#report(error);
  }

  #addLoss(label: WindowLabel, requests: number, windows: number): void {
    this.#losses.add(label, requests, windows);
    this.#lostRequests += requests;
    this.#lostWindows += windows;
  }

  async #delay(delayMs: number): Promise<void> {
    if (delayMs === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#delays.delete(timer);
        resolve();
      }, delayMs).unref();
      this.#delays.set(timer, resolve);
    });
  }

  #endDelays(): void {
    for (const [timer, resolve] of this.#delays) {
      clearTimeout(timer);
      resolve();
    }
    this.#delays.clear();
  }

  /** Ends the slot also when no request comes. */
  #startTimer(): void {
    const { slotMs, now } = this.#options;
    const delayMs = Math.max(1, (this.#slot + 1) * slotMs - now());
    this.#timer = setTimeout(
      () => {
        const slot = this.#slotAt(now());
        if (slot > this.#slot) this.#rotate(slot, this.#jitter);
        this.#startTimer();
      },
      Math.min(delayMs, slotMs),
    ).unref();
  }

  #slotAt(now: number): number {
    return Math.floor(now / this.#options.slotMs);
  }

  #report(error: unknown): void {
    try {
      this.#options.onError(error);
    } catch {
      // Reporting an error must not fail a request.
    }
  }
}

function labelOf({ model, version, variant }: WindowLabel): WindowLabel {
  return { model, version, ...(variant !== undefined && { variant }) };
}
