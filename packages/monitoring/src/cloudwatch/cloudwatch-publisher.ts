import { MonitoringError } from '../monitoring-error.ts';
import { checkInteger, checkMethod, checkOptions } from '../check-options.ts';
import type { OptionNames } from '../options-problem.ts';
import { AggregationWindow } from './aggregation-window.ts';
import type { Series } from './aggregation-window.ts';
import { scheduleTimer } from './clock.ts';
import type { Schedule } from './clock.ts';
import { cloudWatchLimits } from './cloudwatch-limits.ts';
import { publisherOptionNames } from './cloudwatch-publisher-options.ts';
import type { CloudWatchPublisherOptions } from './cloudwatch-publisher-options.ts';
import type { CloudWatchPublisherStats } from './cloudwatch-publisher-stats.ts';
import { DatumQueue, totalOf } from './datum-queue.ts';
import { describeFailure } from './failure-kind.ts';
import { flushDelay } from './flush-delay.ts';
import { checkMetricDefinition, checkNamespace } from './metric-definition.ts';
import type { CloudWatchMetricDefinition } from './metric-definition.ts';
import { RequestSender } from './request-sender.ts';
import { roundValue } from './round-value.ts';
import { ValueDistribution } from './value-distribution.ts';

/** Records the values of one metric. */
export interface CloudWatchMetric {
  /**
   * Records `value`, `count` times. Never throws: a value that CloudWatch would refuse (NaN, an infinity, beyond ±2^360) is
   * dropped and counted as `invalid`.
   */
  record(value: number, count?: number): void;
}

/** Options of {@link CloudWatchPublisher.close}. */
export interface CloseOptions {
  /**
   * Time after which undelivered values are dropped, in milliseconds.
   * @defaultValue 5000
   */
  readonly deadlineMs?: number;
}

const closeOptionNames: OptionNames<CloseOptions> = { deadlineMs: 'optional' };

/**
 * Sends metrics to CloudWatch: aggregates values in the process and calls PutMetricData at most once an interval.
 *
 * Values are rounded to three significant digits (within 0.5 %) and stored with their counts, so percentiles
 * over a fleet stay correct. Delivery is at least once: a request whose response was lost is sent again. Call
 * {@link CloudWatchPublisher.close} before the process exits, else the last interval is lost.
 *
 * @example
 * ```ts
 * import { CloudWatchPublisher } from '@fairlead/monitoring/cloudwatch';
 *
 * const sent: unknown[] = [];
 * const client = { send: async (command: unknown) => sent.push(command) };
 * const publisher = new CloudWatchPublisher({ client, namespace: 'Shop' });
 * publisher.metric({ name: 'Orders', unit: 'Count', dimensions: { service: 'shop' } }).record(1);
 * await publisher.close();
 * console.log(sent.length); // 1
 * ```
 */
export class CloudWatchPublisher {
  readonly #sender: RequestSender;
  readonly #queue: DatumQueue;
  readonly #now: () => number;
  readonly #schedule: Schedule;
  readonly #onError: (error: MonitoringError) => void;
  readonly #intervalMs: number;
  readonly #phaseMs: number;
  readonly #window: AggregationWindow;
  readonly #dropped = {
    invalid: 0,
    overLimit: 0,
    queueFull: 0,
    expired: 0,
    refused: 0,
    closed: 0,
  };
  #reportedDrops = 0;
  #recorded = 0;
  #published = 0;
  #inFlight = 0;
  #delivery: Promise<void> | undefined;
  #cancelTimer: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  /** @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION` or `ERR_MONITORING_CLOUDWATCH_METRIC_INVALID`. */
  constructor(options: CloudWatchPublisherOptions) {
    const {
      client,
      namespace,
      intervalMs = 60_000,
      maxMetrics = 200,
      maxQueueBytes = 8_000_000,
      maxAttempts = 5,
      requestTimeoutMs = 10_000,
      onError = () => undefined,
      now = Date.now,
      schedule = scheduleTimer,
      random = Math.random,
    } = checkOptions('new CloudWatchPublisher', options, publisherOptionNames);
    checkMethod('client', client, 'send');
    checkNamespace(namespace);
    checkInteger('maxAttempts', maxAttempts);
    checkInteger('requestTimeoutMs', requestTimeoutMs);
    this.#intervalMs = checkInteger('intervalMs', intervalMs, 1000);
    this.#window = new AggregationWindow(checkInteger('maxMetrics', maxMetrics), now);
    this.#queue = new DatumQueue(
      checkInteger('maxQueueBytes', maxQueueBytes, cloudWatchLimits.requestBytes),
    );
    this.#now = now;
    this.#schedule = schedule;
    this.#onError = onError;
    this.#phaseMs = random() * intervalMs;
    this.#sender = new RequestSender({
      client,
      namespace,
      maxAttempts,
      requestTimeoutMs,
      schedule,
      random,
    });
    this.#scheduleFlush(0);
  }

  /**
   * Creates a metric to record values with; create it once, not for each value.
   *
   * @throws `MonitoringError` with `ERR_MONITORING_CLOUDWATCH_METRIC_INVALID`.
   */
  metric(definition: CloudWatchMetricDefinition): CloudWatchMetric {
    checkMetricDefinition(definition);
    const { name, unit = 'None', dimensions = {} } = definition;
    const series: Series = {
      name,
      unit,
      dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      distribution: new ValueDistribution(),
      sinceMs: 0,
    };
    return {
      record: (value, count = 1) => {
        this.#record(series, value, count);
      },
    };
  }

  /** Returns the delivery counts since the start. */
  stats(): CloudWatchPublisherStats {
    return {
      recorded: this.#recorded,
      published: this.#published,
      pending: this.#window.total + this.#queue.total + this.#inFlight,
      dropped: { ...this.#dropped },
      requests: this.#sender.attempts,
      retries: this.#sender.retries,
    };
  }

  /**
   * Sends the remaining values and stops. Resolves when they are delivered, or at the deadline, which drops and counts the rest.
   * Further calls return the promise of the first.
   */
  close(options: CloseOptions = {}): Promise<void> {
    const { deadlineMs = 5000 } = checkOptions('close', options, closeOptionNames);
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  #record(series: Series, value: number, count: number): void {
    const countIsValid = Number.isSafeInteger(count) && count > 0;
    this.#recorded += countIsValid ? count : 1;
    const rounded = Math.abs(value) < 1 / cloudWatchLimits.magnitude ? 0 : roundValue(value);
    if (!countIsValid || !(Math.abs(rounded) <= cloudWatchLimits.magnitude)) {
      this.#dropped.invalid += countIsValid ? count : 1;
      return;
    }
    if (this.#closing !== undefined) this.#dropped.closed += count;
    else if (!this.#window.add(series, rounded, count)) this.#dropped.overLimit += count;
  }

  #scheduleFlush(minMs: number): void {
    this.#cancelTimer = this.#schedule(
      () => {
        this.#flush();
        // A timer may fire a moment early; half an interval prevents a second flush at the same turn.
        this.#scheduleFlush(this.#intervalMs / 2);
      },
      flushDelay(this.#now(), this.#intervalMs, this.#phaseMs, minMs),
      false,
    );
  }

  #flush(): void {
    this.#dropped.queueFull += this.#queue.append(this.#window.drain());
    this.#delivery ??= this.#deliver().finally(() => {
      this.#delivery = undefined;
      this.#reportDrops();
    });
  }

  async #deliver(): Promise<void> {
    while (!this.#sender.isStopped) {
      this.#dropped.expired += this.#queue.dropExpired(this.#now());
      if (this.#queue.isEmpty) return;
      const request = this.#queue.takeRequest();
      const total = totalOf(request);
      this.#inFlight = total;
      const result = await this.#sender.send(request.map(({ datum }) => datum));
      this.#inFlight = 0;
      switch (result.kind) {
        case 'sent':
          this.#published += total;
          break;
        case 'refused':
          this.#dropped.refused += total;
          this.#report(
            'ERR_MONITORING_CLOUDWATCH_REFUSED',
            `CloudWatch refused a request with ${total} values, which are lost: ${explain(result.error)}`,
            result.error,
          );
          break;
        case 'postponed':
          this.#dropped.queueFull += this.#queue.putBack(request);
          this.#report(
            'ERR_MONITORING_CLOUDWATCH_UNAVAILABLE',
            `CloudWatch could not be reached; ${this.#queue.total} values are stored for the next flush: ${explain(result.error)}`,
            result.error,
          );
          return;
      }
    }
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#cancelTimer();
    this.#sender.flushImmediately();
    const cancelDeadline = this.#schedule(
      () => {
        this.#sender.stop();
      },
      deadlineMs,
      true,
    );
    await this.#delivery;
    this.#flush();
    await this.#delivery;
    cancelDeadline();
    this.#dropped.closed += this.#queue.clear();
    this.#reportDrops();
  }

  #reportDrops(): void {
    const causes = Object.entries(this.#dropped).filter(
      // Refusals were reported one by one.
      ([cause, count]) => cause !== 'refused' && count > 0,
    );
    const sum = causes.reduce((total, [, count]) => total + count, 0);
    if (sum === this.#reportedDrops) return;
    const fresh = sum - this.#reportedDrops;
    this.#reportedDrops = sum;
    const list = causes.map(([cause, count]) => `${cause} ${count}`).join(', ');
    this.#report(
      'ERR_MONITORING_CLOUDWATCH_VALUES_DROPPED',
      `${fresh} values were dropped since the last report; since the start: ${list}.`,
    );
  }

  #report(code: MonitoringError['code'], message: string, cause?: unknown): void {
    try {
      this.#onError(
        new MonitoringError(code, message, cause === undefined ? undefined : { cause }),
      );
    } catch {
      // An exception of the listener must not end the delivery, nor the process by an unhandled rejection.
    }
  }
}

function explain(error: unknown): string {
  const { name, status } = describeFailure(error);
  const message = error instanceof Error ? error.message : String(error);
  return `${name}${status === undefined ? '' : ` (HTTP ${status})`}: ${message}`;
}
