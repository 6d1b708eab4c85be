/** Numbers of values that never reached CloudWatch, by cause. */
export interface DroppedValues {
  /** Values that are not a number that CloudWatch accepts. */
  readonly invalid: number;
  /** Values of metrics over `maxMetrics`. */
  readonly overLimit: number;
  /** Oldest values, when the queue was full. */
  readonly queueFull: number;
  /** Values older than two weeks or more than two hours ahead when they were due to be sent. */
  readonly expired: number;
  /** Values refused by CloudWatch. */
  readonly refused: number;
  /** Values recorded after `close()`, or not delivered by its deadline. */
  readonly closed: number;
}

/** Delivery counts: `recorded` = `published` + `pending` + all of `dropped`. */
export interface CloudWatchPublisherStats {
  readonly recorded: number;
  readonly published: number;
  readonly pending: number;
  readonly dropped: DroppedValues;
  /** Calls of PutMetricData, retries included: the number that CloudWatch bills. */
  readonly requests: number;
  readonly retries: number;
}
