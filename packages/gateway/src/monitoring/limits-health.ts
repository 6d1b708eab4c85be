import type { LimitMetrics } from '@fairlead/monitoring';
import { LEVEL_INTERVAL_MS } from './level-interval.ts';
import type { MetricPublisher } from './metric-publisher.ts';

/** Reports whether the store of shared limits is available, to readiness, Prometheus and CloudWatch. */
export class LimitsHealth {
  readonly #metrics: LimitMetrics;
  readonly #consequence: string;
  #failedSince: string | undefined;

  /** @param onFailure - what happens while the store is unavailable */
  constructor(metrics: LimitMetrics, onFailure: 'local' | 'refuse') {
    this.#metrics = metrics;
    this.#consequence =
      onFailure === 'local'
        ? 'each host limits the requests of clients for itself'
        : 'requests that have to be counted are refused';
  }

  /** Time since the first failure, in seconds; 0 while there is none. */
  get seconds(): number {
    return this.#metrics.seconds();
  }

  /** Public, so without address and reason, which are in the log. */
  get warnings(): readonly string[] {
    if (this.#failedSince === undefined) return [];
    return [
      `The store of shared limits has been unavailable since ${this.#failedSince}: ${this.#consequence}. The log says why.`,
    ];
  }

  failed(): void {
    this.#failedSince ??= new Date().toISOString();
    this.#metrics.failed();
  }

  recovered(): void {
    this.#failedSince = undefined;
    this.#metrics.recovered();
  }

  /** Publishes `LimitsStoreUnavailable` in seconds until it is stopped. */
  publishTo(publisher: Pick<MetricPublisher, 'level'>, service: string): { stop(): void } {
    const metric = publisher.level(
      { name: 'LimitsStoreUnavailable', unit: 'Seconds', dimensions: { service } },
      'max',
    );
    const timer = setInterval(() => {
      metric.record(this.seconds);
    }, LEVEL_INTERVAL_MS).unref();
    return {
      stop: () => {
        clearInterval(timer);
      },
    };
  }
}
