import type { MonitoringError } from '../monitoring-error.ts';
import type { Clock } from './clock.ts';
import type { CloudWatchSendClient } from './request-sender.ts';

/** Options of `CloudWatchPublisher`. */
export interface CloudWatchPublisherOptions {
  /** A `CloudWatchClient`; give it `maxAttempts: 1`, for the publisher repeats by itself. */
  readonly client: CloudWatchSendClient;
  /** The CloudWatch namespace, such as `Fairlead`. */
  readonly namespace: string;
  /**
   * Time between two flushes, at a phase chosen at random so that a fleet doesn't send in step.
   *
   * @defaultValue 60_000
   */
  readonly intervalMs?: number;
  /**
   * Metrics with values in one interval; what is recorded for further ones is dropped and counted. It bounds the bill.
   *
   * @defaultValue 200
   */
  readonly maxMetrics?: number;
  /**
   * Bytes of aggregated data kept while CloudWatch can't be reached, by the generous count of the longest wire form;
   * over it, the oldest are dropped and counted. At least 1_000_000.
   *
   * @defaultValue 8_000_000
   */
  readonly maxQueueBytes?: number;
  /**
   * Attempts for a request within one flush; after them its values wait for the next flush.
   *
   * @defaultValue 5
   */
  readonly maxAttempts?: number;
  /**
   * Time for an answer to one request.
   *
   * @defaultValue 10_000
   */
  readonly requestTimeoutMs?: number;
  /**
   * Told of every request given up or refused, and at most once a flush of values that were dropped. What it throws
   * is ignored.
   */
  readonly onError?: (error: MonitoringError) => void;
  /** @defaultValue the clock of the machine */
  readonly clock?: Clock;
  /**
   * Numbers from 0 up to 1, for jitter.
   *
   * @defaultValue `Math.random`
   */
  readonly random?: () => number;
}
