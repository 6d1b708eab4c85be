import { Gauge, type Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** Options of {@link StalenessMetrics}. */
export interface StalenessMetricsOptions {
  /** Registry of the metric. */
  readonly registry: Registry;
  /**
   * Monotonic clock, in milliseconds.
   * @defaultValue `performance.now`
   */
  readonly now?: () => number;
}

const optionNames: OptionNames<StalenessMetricsOptions> = { registry: 'required', now: 'optional' };

const METRIC = 'fairlead_registry_staleness_seconds';

/**
 * Time since the alias of each model was last read from the registry: the gauge `fairlead_registry_staleness_seconds`.
 *
 * It stays below the polling interval, and grows while the registry is unreachable.
 *
 * @example
 * ```ts
 * import { InferenceMetrics, StalenessMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const staleness = new StalenessMetrics({ registry });
 * console.log(staleness.constructor.name); // StalenessMetrics
 * ```
 */
export class StalenessMetrics {
  readonly #confirmedAt = new Map<string, number>();
  readonly #now: () => number;

  /** @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has the metric already. */
  constructor(options: StalenessMetricsOptions) {
    const { registry, now = () => performance.now() } = checkOptions(
      'new StalenessMetrics',
      options,
      optionNames,
    );
    checkMetricNames(registry, [METRIC]);
    this.#now = now;
    const seconds = (): readonly (readonly [string, number])[] =>
      [...this.#confirmedAt.keys()].map((model) => [model, this.seconds(model) ?? 0]);
    new Gauge({
      name: METRIC,
      help: 'Time since the alias of the model was last read from the registry, in seconds.',
      labelNames: ['model'],
      registers: [registry],
      aggregator: 'max',
      collect() {
        this.reset();
        for (const [model, value] of seconds()) this.set({ model }, value);
      },
    });
  }

  /** Starts measuring for a model that isn't tracked yet. */
  track(model: string): void {
    if (!this.#confirmedAt.has(model)) this.confirm(model);
  }

  /** Records that the alias of the model was read now. */
  confirm(model: string): void {
    this.#confirmedAt.set(model, this.#now());
  }

  /** Stops measuring for a model that is no longer followed. */
  forget(model: string): void {
    this.#confirmedAt.delete(model);
  }

  /** Returns the time since the model was last confirmed, in seconds; `undefined` if it isn't tracked. */
  seconds(model: string): number | undefined {
    const confirmedAt = this.#confirmedAt.get(model);
    return confirmedAt === undefined ? undefined : (this.#now() - confirmedAt) / 1000;
  }
}
