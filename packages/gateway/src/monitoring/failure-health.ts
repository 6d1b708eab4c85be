import { LEVEL_INTERVAL_MS } from './level-interval.ts';
import type { MetricPublisher } from './metric-publisher.ts';

/** Time since the first failure: `KeysFileMetrics` or `LimitMetrics`. */
interface FailureMetrics {
  failed(): void;
  recovered(): void;
  seconds(): number;
}

/** Options of {@link FailureHealth}. */
export interface FailureHealthOptions {
  readonly metrics: FailureMetrics;
  /** Name of the metric in CloudWatch. */
  readonly metric: string;
  /** Describes the failure to clients: public, so without places and reasons, which are in the log. */
  readonly warningSince: (time: string) => string;
}

/** Reports for how long something has failed that the gateway goes on without, to readiness, Prometheus and CloudWatch. */
export class FailureHealth {
  readonly #options: FailureHealthOptions;
  #failedSince: string | undefined;

  constructor(options: FailureHealthOptions) {
    this.#options = options;
  }

  /** Time since the first failure, in seconds; 0 while there is none. */
  get seconds(): number {
    return this.#options.metrics.seconds();
  }

  /** Warnings for the readiness. */
  get warnings(): readonly string[] {
    if (this.#failedSince === undefined) return [];
    return [`${this.#options.warningSince(this.#failedSince)} The log says why.`];
  }

  failed(): void {
    this.#failedSince ??= new Date().toISOString();
    this.#options.metrics.failed();
  }

  recovered(): void {
    this.#failedSince = undefined;
    this.#options.metrics.recovered();
  }

  /** Publishes the time in seconds until it is stopped. */
  publishTo(publisher: Pick<MetricPublisher, 'level'>, service: string): { stop(): void } {
    const metric = publisher.level(
      { name: this.#options.metric, unit: 'Seconds', dimensions: { service } },
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
