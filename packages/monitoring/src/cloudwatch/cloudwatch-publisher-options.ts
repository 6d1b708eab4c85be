import type { MonitoringError } from '../monitoring-error.ts';
import type { OptionNames } from '../options-problem.ts';
import type { Schedule } from './clock.ts';
import type { CloudWatchSendClient } from './request-sender.ts';

/** Options of `CloudWatchPublisher`. */
export interface CloudWatchPublisherOptions {
  /** A `CloudWatchClient` with `maxAttempts: 1`, because the publisher retries itself. */
  readonly client: CloudWatchSendClient;
  /** CloudWatch namespace, such as `Fairlead`. */
  readonly namespace: string;
  /**
   * Time between two flushes, in milliseconds, at a random phase, so that a fleet doesn't send at the same moment.
   *
   * @defaultValue 60_000
   */
  readonly intervalMs?: number;
  /**
   * Maximum number of metrics with values in one interval; values of further metrics are dropped and counted. It limits the bill.
   *
   * @defaultValue 200
   */
  readonly maxMetrics?: number;
  /**
   * Maximum bytes of aggregated data stored while CloudWatch is unreachable, counted in the longest wire format;
   * over it, the oldest values are dropped and counted. At least 1_000_000.
   *
   * @defaultValue 8_000_000
   */
  readonly maxQueueBytes?: number;
  /**
   * Maximum attempts for a request within one flush; then its values wait for the next flush.
   *
   * @defaultValue 5
   */
  readonly maxAttempts?: number;
  /**
   * Timeout of one request, in milliseconds.
   *
   * @defaultValue 10_000
   */
  readonly requestTimeoutMs?: number;
  /**
   * Called for every request that failed or was refused, and at most once per flush for dropped values. Its exceptions
   * are ignored.
   */
  readonly onError?: (error: MonitoringError) => void;
  /**
   * Clock, in milliseconds since the epoch.
   *
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
  /**
   * Timers, replaceable in tests together with `now`.
   *
   * @defaultValue the timers of Node
   */
  readonly schedule?: Schedule;
  /**
   * Random numbers from 0 up to 1, for jitter.
   *
   * @defaultValue `Math.random`
   */
  readonly random?: () => number;
}

/** Names of {@link CloudWatchPublisherOptions}. */
export const publisherOptionNames: OptionNames<CloudWatchPublisherOptions> = {
  client: 'required',
  namespace: 'required',
  intervalMs: 'optional',
  maxMetrics: 'optional',
  maxQueueBytes: 'optional',
  maxAttempts: 'optional',
  requestTimeoutMs: 'optional',
  onError: 'optional',
  now: 'optional',
  schedule: 'optional',
  random: 'optional',
};
