/** Values that never reached CloudWatch, by cause. */
export interface DroppedValues {
  /** Not a number that CloudWatch takes. */
  readonly invalid: number;
  /** Of metrics over `maxMetrics`. */
  readonly overLimit: number;
  /** The oldest, when the queue was full. */
  readonly queueFull: number;
  /** Older than two weeks or more than two hours ahead when their turn came. */
  readonly outOfTime: number;
  /** Refused by CloudWatch. */
  readonly refused: number;
  /** Recorded after `close()`, or not delivered by its deadline. */
  readonly closed: number;
}

/** What became of the values: `recorded` = `published` + `pending` + all of `dropped`. */
export interface CloudWatchPublisherStats {
  readonly recorded: number;
  readonly published: number;
  readonly pending: number;
  readonly dropped: DroppedValues;
  /** Calls of PutMetricData, repetitions included: what CloudWatch bills. */
  readonly requests: number;
  readonly retries: number;
}
