import type { MonitoringError } from '../monitoring-error.ts';
import type { OptionNames } from '../options-problem.ts';
import type { NoticeDestination } from './notice.ts';

/** Options of a `Notifier`. */
export interface NotifierOptions {
  /** Receivers of the notices. */
  readonly destinations: readonly NoticeDestination[];
  /** Name of the service in the notices. */
  readonly service: string;
  /**
   * Name of the host in the notices.
   *
   * @defaultValue `os.hostname()`
   */
  readonly host?: string;
  /**
   * Minimum time between two notices of a condition that continues, in milliseconds.
   *
   * @defaultValue 3_600_000, an hour
   */
  readonly repeatMs?: number;
  /**
   * Time after `resolve` without a new report before the notice `ended` is sent, in milliseconds: a condition that comes and
   * goes is one condition.
   *
   * @defaultValue 300_000, five minutes
   */
  readonly settleMs?: number;
  /**
   * Interval at which conditions are checked for notices that became due, in milliseconds.
   *
   * @defaultValue 10_000
   */
  readonly checkMs?: number;
  /**
   * Maximum number of open conditions; further ones are counted in `ignored`.
   *
   * @defaultValue 256
   */
  readonly maxConditions?: number;
  /**
   * Maximum number of notices that wait for each destination; the oldest one is lost, and counted.
   *
   * @defaultValue 100
   */
  readonly maxQueued?: number;
  /**
   * Timeout of one attempt, in milliseconds.
   *
   * @defaultValue 15_000
   */
  readonly timeoutMs?: number;
  /**
   * Delay before the second attempt, in milliseconds; four times as long before each further one, up to five minutes.
   *
   * @defaultValue 2000
   */
  readonly retryDelayMs?: number;
  /**
   * Attempts before a notice is abandoned.
   *
   * @defaultValue 20, which is an outage of about an hour and a quarter
   */
  readonly maxAttempts?: number;
  /** Called for the first failed attempt of an outage, and for each lost notice; without secrets. */
  readonly onError?: (error: MonitoringError) => void;
  /**
   * Clock, in milliseconds since the epoch.
   *
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
}

/** Names of the options. */
export const notifierOptionNames: OptionNames<NotifierOptions> = {
  destinations: 'required',
  service: 'required',
  host: 'optional',
  repeatMs: 'optional',
  settleMs: 'optional',
  checkMs: 'optional',
  maxConditions: 'optional',
  maxQueued: 'optional',
  timeoutMs: 'optional',
  retryDelayMs: 'optional',
  maxAttempts: 'optional',
  onError: 'optional',
  now: 'optional',
};
