import { Gauge, type Registry } from 'prom-client';
import { requireFreeNames } from './require-free-names.ts';

/** Options of {@link StalenessMetrics}. */
export interface StalenessMetricsOptions {
  /** Where the metric is registered. */
  readonly registry: Registry;
  /**
   * A clock that never goes back, in milliseconds.
   * @defaultValue performance.now
   */
  readonly now?: () => number;
}

const METRIC = 'fairlead_registry_staleness_seconds';

/**
 * For how long nobody knows whether a model's alias has moved: the gauge `fairlead_registry_staleness_seconds`.
 *
 * It stays below the interval between two looks at the registry, and grows while the registry doesn't answer.
 */
export class StalenessMetrics {
  readonly #confirmedAt = new Map<string, number>();
  readonly #now: () => number;

  /** @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has the metric already. */
  constructor({ registry, now = () => performance.now() }: StalenessMetricsOptions) {
    requireFreeNames(registry, [METRIC]);
    this.#now = now;
    const seconds = (): readonly (readonly [string, number])[] =>
      [...this.#confirmedAt.keys()].map((model) => [model, this.seconds(model) ?? 0]);
    new Gauge({
      name: METRIC,
      help: 'Time since the registry last said what the alias of the model means, in seconds.',
      labelNames: ['model'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [model, value] of seconds()) this.set({ model }, value);
      },
    });
  }

  /** Counts from now on for a model of which nothing was heard yet. */
  track(model: string): void {
    if (!this.#confirmedAt.has(model)) this.confirm(model);
  }

  /** Notes that what is known of the model was true a moment ago. */
  confirm(model: string): void {
    this.#confirmedAt.set(model, this.#now());
  }

  /** Stops counting for a model that isn't followed any more. */
  forget(model: string): void {
    this.#confirmedAt.delete(model);
  }

  /** Time since the model was last confirmed, in seconds; `undefined` for one that isn't tracked. */
  seconds(model: string): number | undefined {
    const confirmedAt = this.#confirmedAt.get(model);
    return confirmedAt === undefined ? undefined : (this.#now() - confirmedAt) / 1000;
  }
}
