/** Condition under which a model is retrained. */
export type RetrainingTrigger = 'schedule' | 'drift' | 'performance' | 'labels';

/** Format of the table with the rows to train on. */
export type DatasetFormat = 'parquet' | 'csv';

/** Metric below or above which a model is retrained. */
export interface PerformanceTrigger {
  /** Name of the metric, such as `accuracy`. */
  readonly metric: string;
  /** Retrains below this value. */
  readonly min?: number | undefined;
  /** Retrains above this value, such as of an error. */
  readonly max?: number | undefined;
  /** Days of requests that are measured. */
  readonly days: number;
  /** Rows with a label that a measured value needs, and rows that an estimated one needs. */
  readonly minRows: number;
  /** `measured` uses labels only; `any` also an estimate without them. */
  readonly basis: 'measured' | 'any';
}

/** Command that trains a model. */
export interface TrainingSpec {
  /** `process` runs on this machine, `batch` as a job of AWS Batch. */
  readonly runner: 'process' | 'batch';
  /** Program and arguments; no shell. Of a job they replace the command of its definition. */
  readonly command: readonly string[];
  /** Working folder of a process; without it a separate one of the training. */
  readonly folder?: string | undefined;
  /** Minutes after which the training is ended. */
  readonly timeLimitMinutes: number;
  /** Number of times that a training is started: again only where it was killed. */
  readonly tries: number;
  /** Names of the environment variables that a process gets beside `PATH`, `HOME`, `LANG`, `TZ` and `TMPDIR`. */
  readonly environment: readonly string[];
  /** Of the runner `batch`: queue, definition of the job, and a location for its inputs and outputs, `s3://bucket/prefix`. */
  readonly batch?:
    { readonly queue: string; readonly definition: string; readonly location: string } | undefined;
}

/** Conditions, limits and steps of the retraining of a model. */
export interface RetrainingPolicy {
  /** Alias whose version is retrained, and whose gates the candidate must pass. */
  readonly alias: string;
  /** The model is retrained when one of them is due. */
  readonly triggers: {
    readonly schedule?: { readonly everyHours: number } | undefined;
    readonly drift?:
      | {
          /** Spans that are judged at once. */
          readonly unit: 'hour' | 'day';
          /** Features and outputs that must have drifted. */
          readonly minColumns: number;
          /** An older verdict doesn't count. */
          readonly maxAgeHours: number;
        }
      | undefined;
    readonly performance?: PerformanceTrigger | undefined;
    /** Rows with a label since the dataset of the last attempt. */
    readonly labels?: { readonly count: number } | undefined;
  };
  readonly limits: {
    /** Hours since the last attempt began. */
    readonly cooldownHours: number;
    /** Attempts in a calendar month (UTC). */
    readonly maxPerMonth: number;
  };
  readonly dataset: {
    /** Days of captured requests with labels. */
    readonly days: number;
    /** Rows with a label that it needs. */
    readonly minRows: number;
    /** Formats in which the rows are written. */
    readonly formats: readonly DatasetFormat[];
  };
  readonly training: TrainingSpec;
  /** Fields of the plan of the rollout that a candidate gets; false only pushes it. */
  readonly rollout: Readonly<Record<string, unknown>> | false;
}
