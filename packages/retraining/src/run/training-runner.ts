/** Training of a candidate. */
export interface TrainingOrder {
  /** Name under which a training is found again: `churn-4-1`; each try has a separate one. */
  readonly token: string;
  readonly command: readonly string[];
  /** Working folder; without it the folder of the training. */
  readonly workingFolder?: string | undefined;
  /** Local folder with the rows (`rows.parquet`, `rows.csv`) and `manifest.json`. */
  readonly input: string;
  /** Local folder of this training; its files are those of the runner, except for `output`. */
  readonly folder: string;
  /** Names of the tables in `input`, the first one first. */
  readonly tables: readonly string[];
  /** Further variables of the training: `FAIRLEAD_TRAINING_MODEL` and others. */
  readonly variables: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
  /** Ends the training. */
  readonly signal: AbortSignal;
}

/** End of a training. */
export type TrainingOutcome =
  /** Its files are in the folder `output` below that of the training. */
  | { readonly result: 'completed' }
  | { readonly result: 'failed'; readonly reason: string }
  /** It was killed, or the machine stopped: it may be started again. */
  | { readonly result: 'lost'; readonly reason: string };

/** Runs trainings: on this machine, or elsewhere. */
export interface TrainingRunner {
  /** Name for the log. */
  readonly name: string;
  /** Returns whether a training was started, or has ended. */
  has(order: Pick<TrainingOrder, 'token' | 'folder'>): Promise<boolean>;
  /** Starts a training, or finds the one with this token, and waits until its end. */
  train(order: TrainingOrder): Promise<TrainingOutcome>;
}
