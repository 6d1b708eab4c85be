import type { Baseline } from '../baseline/baseline.ts';
import { checkInteger, checkOptions, invalidOption } from '../check-options.ts';
import type { Window, WindowLabel } from '../window/window.ts';

/** Stores the windows of a recorder; a `WindowStore` is one. */
export interface WindowSink {
  /** Stores a window of this process; rejects if it is lost. */
  add(window: Window): Promise<void>;
}

/** Options of a {@link WindowRecorder}. */
export interface WindowRecorderOptions {
  readonly store: WindowSink;
  /** Returns the baseline of a version, called at its first request in a slot; without one only requests are counted. */
  readonly baselineOf?: ((label: WindowLabel) => Baseline | undefined) | undefined;
  /**
   * Length of a window in milliseconds; windows begin at multiples of it since 1970, UTC. It must be whole seconds that divide an hour.
   * @defaultValue 300000 (5 min)
   */
  readonly slotMs?: number | undefined;
  /**
   * Windows are stored at a random time within so many milliseconds after the end of the slot, so that hosts don't write at once.
   * @defaultValue 30000
   */
  readonly jitterMs?: number | undefined;
  /**
   * Versions that are recorded at once; requests of further ones are counted as lost.
   * @defaultValue 64
   */
  readonly maxVersions?: number | undefined;
  /**
   * Values of features and outputs that are counted in a second of a lasting load, on average; of more rows a random sample is counted. Each
   * takes some 0.3 µs of processor time.
   * @defaultValue 50000, which are 1,600 rows of 30 features and an output
   */
  readonly maxValuesPerSecond?: number | undefined;
  /**
   * Values that are counted beyond `maxValuesPerSecond` after a time with less load, so that short bursts are counted whole.
   * @defaultValue 1000000
   */
  readonly maxValuesAtOnce?: number | undefined;
  /**
   * `close` waits for the store for so long, in milliseconds.
   * @defaultValue 5000
   */
  readonly closeTimeoutMs?: number | undefined;
  /** Called when a window is lost, or a version can't be recorded; an error that it throws is ignored. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
  /** Random numbers from 0 to below 1. */
  readonly random?: (() => number) | undefined;
}

const HOUR_MS = 3_600_000;

/** @throws WindowsError `ERR_WINDOWS_INVALID_OPTION` */
export function checkRecorderOptions(options: WindowRecorderOptions) {
  checkOptions('WindowRecorder', options, {
    store: 'required',
    baselineOf: 'optional',
    slotMs: 'optional',
    jitterMs: 'optional',
    maxVersions: 'optional',
    maxValuesPerSecond: 'optional',
    maxValuesAtOnce: 'optional',
    closeTimeoutMs: 'optional',
    onError: 'optional',
    now: 'optional',
    random: 'optional',
  });
  const {
    store,
    baselineOf = () => undefined,
    slotMs = 300_000,
    jitterMs = Math.min(30_000, slotMs / 2),
    maxVersions = 64,
    maxValuesPerSecond = 50_000,
    maxValuesAtOnce = 1_000_000,
    closeTimeoutMs = 5000,
    onError = () => undefined,
    now = Date.now,
    random = Math.random,
  } = options;
  checkInteger('WindowRecorder: slotMs', slotMs, 1000, HOUR_MS);
  // Names of stored windows have seconds.
  if (HOUR_MS % slotMs !== 0 || slotMs % 1000 !== 0) {
    throw invalidOption(
      `WindowRecorder: slotMs must be whole seconds that divide an hour, which is ${HOUR_MS} ms, got ${slotMs}. Take 60000 or 300000.`,
    );
  }
  checkInteger('WindowRecorder: jitterMs', jitterMs, 0, slotMs);
  checkInteger('WindowRecorder: maxVersions', maxVersions, 1, 10_000);
  checkInteger('WindowRecorder: maxValuesPerSecond', maxValuesPerSecond, 1, 1e9);
  checkInteger('WindowRecorder: maxValuesAtOnce', maxValuesAtOnce, 1, 1e9);
  checkInteger('WindowRecorder: closeTimeoutMs', closeTimeoutMs, 0, 600_000);
  if (typeof (store as Partial<WindowSink>).add !== 'function') {
    throw invalidOption('WindowRecorder: store must have a method add, as a WindowStore has.');
  }
  for (const [name, value] of Object.entries({ baselineOf, onError, now, random })) {
    if (typeof value === 'function') continue;
    throw invalidOption(`WindowRecorder: ${name} must be a function, got ${typeof value}.`);
  }
  return {
    ...{ store, baselineOf, slotMs, jitterMs, maxVersions },
    ...{ maxValuesPerSecond, maxValuesAtOnce },
    ...{ closeTimeoutMs, onError, now, random },
  };
}
