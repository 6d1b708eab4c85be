import { join } from 'node:path';

/** Files of a training in its folder, which the supervisor and the runner share. */
export interface TrainingFiles {
  /** Order of the runner. */
  readonly order: string;
  /** Process that supervises the training; created once. */
  readonly supervisor: string;
  /** Process of the training. */
  readonly process: string;
  /** End of the training. */
  readonly end: string;
  readonly log: string;
  /** Earlier part of the log. */
  readonly oldLog: string;
  readonly output: string;
}

/** Paths of the files of a training. */
export function trainingFiles(folder: string): TrainingFiles {
  return {
    order: join(folder, 'order.json'),
    supervisor: join(folder, 'supervisor.json'),
    process: join(folder, 'process.json'),
    end: join(folder, 'end.json'),
    log: join(folder, 'training.log'),
    oldLog: join(folder, 'training.1.log'),
    output: join(folder, 'output'),
  };
}

/** Order to the supervisor; it holds no value of the environment. */
export interface SupervisedOrder {
  readonly token: string;
  readonly command: readonly string[];
  readonly workingFolder: string;
  readonly timeLimitMs: number;
}

/** Number and start of a process. */
export interface ProcessRecord {
  readonly pid: number;
  readonly start: string;
}

/** End of a supervised training. */
export interface TrainingEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Set where the supervisor ended it, or couldn't start it. */
  readonly cause?: 'time limit' | 'stopped' | 'not started' | undefined;
  readonly message?: string | undefined;
}
