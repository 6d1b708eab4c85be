import { KeysFileMetrics } from '@fairlead/monitoring';
import { LEVEL_INTERVAL_MS } from './level-interval.ts';
import type { MetricPublisher } from './metric-publisher.ts';

/** Reports whether changes of the keys file take effect, to readiness, Prometheus and CloudWatch. */
export class KeysFileHealth {
  readonly #metrics: KeysFileMetrics;
  #failedSince: string | undefined;

  constructor(registry: ConstructorParameters<typeof KeysFileMetrics>[0]['registry']) {
    this.#metrics = new KeysFileMetrics({ registry });
  }

  /** Time since the first failure, in seconds; 0 while there is none. */
  get seconds(): number {
    return this.#metrics.seconds();
  }

  /** Public, so without path and reason, which are in the log. */
  get warnings(): readonly string[] {
    if (this.#failedSince === undefined) return [];
    return [
      `Changes of the keys file have not been taken over since ${this.#failedSince}: revoked keys may still be accepted. The log says why.`,
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

  /** Publishes `KeysFileStaleness` in seconds until it is stopped. */
  publishTo(publisher: Pick<MetricPublisher, 'level'>, service: string): { stop(): void } {
    const metric = publisher.level(
      { name: 'KeysFileStaleness', unit: 'Seconds', dimensions: { service } },
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
