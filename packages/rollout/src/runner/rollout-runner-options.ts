import { describeValue, type Tensor } from '@fairlead/signature';
import { checkInteger, checkOptions, invalidOption } from '../check-options.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import type { RolloutEvent } from './rollout-event.ts';

/** Options of a {@link RolloutRunner}. */
export interface RolloutRunnerOptions {
  /** Store of the rollouts, shared by the fleet. */
  readonly objects: RolloutObjects;
  /** Name of this process, of letters, digits and `-`, that no other process has. */
  readonly writer: string;
  /** Person or service that changes rollouts, for the history. */
  readonly actor: string;
  /**
   * Alias that this process follows; rollouts of other aliases are left to other processes.
   * @defaultValue 'champion'
   */
  readonly alias?: string | undefined;
  /** Names of the models that this process serves. */
  readonly models: () => readonly string[];
  /** Returns whether a version is loaded and warm, to answer requests or to compute copies of them as a shadow. */
  readonly isLive: (model: string, version: string, role: 'answer' | 'shadow') => boolean;
  /** Returns the version that this process serves by the alias; undefined while there is none. */
  readonly currentOf: (model: string) => string | undefined;
  /** Reads the version that the alias points to now; undefined without the alias. */
  readonly championOf: (model: string) => Promise<string | undefined>;
  /** Points the alias to the candidate, through the gates; rejects where they forbid it. */
  readonly promote: (
    model: string,
    change: { readonly version: string; readonly baseline: string; readonly reason: string },
  ) => Promise<void>;
  /**
   * Returns the label that a model predicted, of the first row; undefined for a model without labels.
   * @defaultValue no label
   */
  readonly labelOf?:
    | ((model: string, version: string, outputs: readonly Tensor[]) => string | undefined)
    | undefined;
  /**
   * Returns the number that a model predicted, such as a score, of the first row; undefined for a model without one.
   * @defaultValue no number
   */
  readonly scoreOf?:
    | ((model: string, version: string, outputs: readonly Tensor[]) => number | undefined)
    | undefined;
  /**
   * Checks a candidate that is live, such as by its golden examples, and returns what is wrong with it; called at the interval of the verdicts. A candidate with a
   * fault is taken out at once. A check that rejects says nothing.
   * @defaultValue no check
   */
  readonly checkCandidate?:
    ((model: string, version: string) => Promise<string | undefined>) | undefined;
  /** Called for each change, of this process or another one. */
  readonly onEvent?: ((event: RolloutEvent) => void) | undefined;
  /** Called when the store or the alias can't be read or written; the split stays as it is. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /**
   * Interval at which changes are looked for, in milliseconds.
   * @defaultValue 5000
   */
  readonly pollIntervalMs?: number | undefined;
  /**
   * Interval at which counts are stored, in milliseconds.
   * @defaultValue 10000
   */
  readonly flushIntervalMs?: number | undefined;
  /**
   * Interval at which rollouts are judged, in milliseconds.
   * @defaultValue 60000
   */
  readonly judgeIntervalMs?: number | undefined;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
  /** Random numbers from 0 to below 1. */
  readonly random?: (() => number) | undefined;
}

const DAY_MS = 86_400_000;
const WRITER = /^[A-Za-z0-9-]{1,64}$/;

/** @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` */
export function checkRunnerOptions(options: RolloutRunnerOptions) {
  checkOptions('RolloutRunner', options, {
    objects: 'required',
    writer: 'required',
    actor: 'required',
    alias: 'optional',
    models: 'required',
    isLive: 'required',
    currentOf: 'required',
    championOf: 'required',
    promote: 'required',
    labelOf: 'optional',
    scoreOf: 'optional',
    checkCandidate: 'optional',
    onEvent: 'optional',
    onError: 'optional',
    pollIntervalMs: 'optional',
    flushIntervalMs: 'optional',
    judgeIntervalMs: 'optional',
    now: 'optional',
    random: 'optional',
  });
  const {
    writer,
    alias = 'champion',
    labelOf = () => undefined,
    scoreOf = () => undefined,
    checkCandidate,
    onEvent = () => undefined,
    onError = () => undefined,
    pollIntervalMs = 5000,
    flushIntervalMs = 10_000,
    judgeIntervalMs = 60_000,
    now = Date.now,
    random = Math.random,
  } = options;
  if (!WRITER.test(writer)) {
    throw invalidOption(
      `RolloutRunner: writer must have up to 64 letters, digits and "-", got ${describeValue(writer)}.`,
    );
  }
  const intervals = { pollIntervalMs, flushIntervalMs, judgeIntervalMs };
  for (const [name, value] of Object.entries(intervals)) {
    checkInteger(`RolloutRunner: ${name}`, value, 1, DAY_MS);
  }
  const functions = { labelOf, scoreOf, checkCandidate, onEvent, onError, now, random };
  return { ...options, ...intervals, ...functions, alias };
}

/** Options with their defaults. */
export type CheckedRunnerOptions = ReturnType<typeof checkRunnerOptions>;
