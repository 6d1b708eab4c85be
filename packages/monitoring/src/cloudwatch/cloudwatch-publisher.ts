import { MonitoringError } from '../monitoring-error.ts';
import { requireCount } from '../require-count.ts';
import { AggregationWindow } from './aggregation-window.ts';
import type { Series } from './aggregation-window.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { cloudWatchLimits } from './cloudwatch-limits.ts';
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

/** Takes the values of one metric. */
export interface CloudWatchMetric {
  /**
   * Counts `value`, `count` times. Never throws: what CloudWatch would refuse (NaN, an infinity, beyond ±2^360) is
   * dropped and counted as `invalid`.
   */
  record(value: number, count?: number): void;
}

/**
 * Sends metrics to CloudWatch: aggregates values in the process and calls PutMetricData at most once an interval.
 *
 * Values are kept to three significant digits (within 0.5 %) together with how often each occurred, so percentiles
 * over a fleet stay true. Delivery is at least once: a request whose answer was lost is sent again. Call
 * {@link CloudWatchPublisher.close} on the way out, else the last interval is lost.
 */
export class CloudWatchPublisher {
  readonly #sender: RequestSender;
  readonly #queue: DatumQueue;
  readonly #clock: Clock;
  readonly #onError: (error: MonitoringError) => void;
  readonly #intervalMs: number;
  readonly #phaseMs: number;
  readonly #window: AggregationWindow;
  readonly #dropped = {
    invalid: 0,
    overLimit: 0,
    queueFull: 0,
    outOfTime: 0,
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

  /** @throws `MonitoringError` with `ERR_MONITORING_OPTION_INVALID` or `ERR_MONITORING_CLOUDWATCH_METRIC_INVALID`. */
  constructor({
    client,
    namespace,
    intervalMs = 60_000,
    maxMetrics = 200,
    maxQueueBytes = 8_000_000,
    maxAttempts = 5,
    requestTimeoutMs = 10_000,
    onError = () => undefined,
    clock = systemClock,
    random = Math.random,
  }: CloudWatchPublisherOptions) {
    checkNamespace(namespace);
    requireCount('maxAttempts', maxAttempts);
    requireCount('requestTimeoutMs', requestTimeoutMs);
    this.#intervalMs = requireCount('intervalMs', intervalMs, 1000);
    this.#window = new AggregationWindow(requireCount('maxMetrics', maxMetrics), () => clock.now());
    this.#queue = new DatumQueue(
      requireCount('maxQueueBytes', maxQueueBytes, cloudWatchLimits.requestBytes),
    );
    this.#clock = clock;
    this.#onError = onError;
    this.#phaseMs = random() * intervalMs;
    this.#sender = new RequestSender({
      client,
      namespace,
      maxAttempts,
      requestTimeoutMs,
      clock,
      random,
    });
    this.#scheduleFlush(0);
  }

  /**
   * Makes a metric to record values of; keep it, rather than making it for each value.
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

  /** The values' whereabouts, since the start. */
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
   * Sends what is left and stops. Resolves when it is delivered, or at the deadline; what is then left is dropped
   * and counted. Further calls give the first one's promise.
   */
  close({ deadlineMs = 5000 }: { readonly deadlineMs?: number } = {}): Promise<void> {
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

  #scheduleFlush(leastMs: number): void {
    this.#cancelTimer = this.#clock.schedule(
      () => {
        this.#flush();
        // A timer may fire a moment early; half an interval keeps that from counting as a turn of its own.
        this.#scheduleFlush(this.#intervalMs / 2);
      },
      flushDelay(this.#clock.now(), this.#intervalMs, this.#phaseMs, leastMs),
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
      this.#dropped.outOfTime += this.#queue.dropOutOfTime(this.#clock.now());
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
            `CloudWatch could not be reached; ${this.#queue.total} values are kept for another try: ${explain(result.error)}`,
            result.error,
          );
          return;
      }
    }
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#cancelTimer();
    this.#sender.hurry();
    const cancelDeadline = this.#clock.schedule(
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
      // A faulty listener must not end the delivery, nor the process by an unhandled rejection.
    }
  }
}

function explain(error: unknown): string {
  const { name, status } = describeFailure(error);
  const message = error instanceof Error ? error.message : String(error);
  return `${name}${status === undefined ? '' : ` (HTTP ${status})`}: ${message}`;
}
