import type { RetrainingTrigger, RetrainingPolicy } from '../policy/retraining-policy.ts';
import type { AttemptDataset, AttemptResult } from '../state/attempt-entry.ts';
import type { TrainingRunner } from './training-runner.ts';

/** Inputs of a training to write. */
export interface InputTarget {
  /** Empty folder for `rows.parquet` or `rows.csv`, and `manifest.json`. */
  readonly folder: string;
  readonly policy: RetrainingPolicy;
  /** Version whose manifest is written. */
  readonly parent: number;
}

/** Candidate to push. */
export interface CandidateOrder {
  /** Name of the attempt, by which its version is found again: `churn-4`. */
  readonly attempt: string;
  /** Begin of the attempt, in milliseconds since the epoch: an older version isn't its candidate. */
  readonly requestedAt: number;
  /** Folder that the training has written. */
  readonly folder: string;
  readonly dataset: AttemptDataset;
  readonly parent: number;
  readonly trigger: RetrainingTrigger | 'manual';
  /** Reason of the attempt, in words. */
  readonly reason: string;
  readonly command: readonly string[];
}

/** Rollout to start. */
export interface RolloutOrder {
  /** Name of the attempt. */
  readonly attempt: string;
  readonly version: number;
  readonly policy: RetrainingPolicy;
  readonly reason: string;
}

/** State of a rollout of a candidate. */
export interface CandidateRollout {
  /** How it ended; undefined while it runs. */
  readonly result?: Extract<AttemptResult, 'promoted' | 'rolled back'> | undefined;
  readonly reason: string;
}

/**
 * Steps of an attempt outside of this library: data, registry and rollouts.
 *
 * A process may be killed after a step and before its entry; then the step is done again. Each one must therefore find what it has
 * done before: `push` the version, `startRollout` the rollout.
 */
export interface RetrainingSteps {
  /** Writes the inputs of a training; resolves to their rows and span. */
  writeInputs(target: InputTarget): Promise<Omit<AttemptDataset, 'sha256'>>;
  readonly runner: TrainingRunner;
  /**
   * Pushes the candidate, unless the attempt has pushed it before; resolves to its version.
   *
   * @throws RetrainingError `ERR_RETRAINING_TRAINING_FAILED` for files that are no model: the attempt fails. Other errors leave the attempt as it is
   */
  push(order: CandidateOrder): Promise<number>;
  /** Gates of the alias that a version fails, in words. */
  failedGates(version: number): Promise<readonly string[]>;
  /** Starts the rollout of a version, unless it was started before; resolves to its number, or undefined if the alias points to the version already. */
  startRollout(order: RolloutOrder): Promise<number | undefined>;
  /** Reads how the rollout with a number ended, or that it runs. */
  readRollout(number: number): Promise<CandidateRollout>;
}
