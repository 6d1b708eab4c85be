/** Facts about a model, by which it is decided whether to retrain it; times in milliseconds since the epoch. */
export interface RetrainingFacts {
  /** Version that the alias points to, and since when; undefined without one. */
  readonly champion?: { readonly version: number; readonly since: number } | undefined;
  /** Last attempt. */
  readonly last?:
    | {
        readonly number: number;
        readonly requestedAt: number;
        readonly isEnded: boolean;
        /** End of the rows of its dataset. */
        readonly datasetUntil?: number | undefined;
      }
    | undefined;
  /** Attempts that began in the calendar month (UTC) of now. */
  readonly attemptsThisMonth: number;
  /** Newest verdict on drift of the champion. */
  readonly drift?:
    | {
        readonly status: 'drift' | 'ok' | 'insufficient data';
        /** End of the span that it is on. */
        readonly to: number;
        /** Names of the features and outputs that have drifted. */
        readonly columns: readonly string[];
      }
    | undefined;
  /** Value of the metric of the policy, and the rows that it is of. */
  readonly performance?:
    | { readonly value: number; readonly basis: 'measured' | 'estimated'; readonly rows: number }
    | undefined;
  /** Rows with a label that were captured since the dataset of the last attempt. */
  readonly newLabels?: number | undefined;
  /** Rows with a label in the span of the dataset. */
  readonly labeledRows?: number | undefined;
}
