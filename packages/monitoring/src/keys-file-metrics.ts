import { Gauge, type Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** Options of {@link KeysFileMetrics}. */
export interface KeysFileMetricsOptions {
  /** Registry of the metric. */
  readonly registry: Registry;
  /**
   * Monotonic clock, in milliseconds.
   * @defaultValue `performance.now`
   */
  readonly now?: () => number;
}

const optionNames: OptionNames<KeysFileMetricsOptions> = { registry: 'required', now: 'optional' };

const METRIC = 'fairlead_keys_file_staleness_seconds';

/**
 * Time since the keys file could last be reloaded: the gauge `fairlead_keys_file_staleness_seconds`.
 *
 * It is 0 while the file is readable and valid. While it grows, a revoked key is still accepted: alert on it.
 *
 * @example
 * ```ts
 * import { InferenceMetrics, KeysFileMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const keysFile = new KeysFileMetrics({ registry });
 * keysFile.failed(); // onError of watchApiKeys
 * keysFile.recovered(); // onRecovery of watchApiKeys
 * console.log(keysFile.seconds()); // 0
 * ```
 */
export class KeysFileMetrics {
  readonly #now: () => number;
  #failedAt: number | undefined;

  /** @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has the metric already. */
  constructor(options: KeysFileMetricsOptions) {
    const { registry, now = () => performance.now() } = checkOptions(
      'new KeysFileMetrics',
      options,
      optionNames,
    );
    checkMetricNames(registry, [METRIC]);
    this.#now = now;
    const seconds = (): number => this.seconds();
    new Gauge({
      name: METRIC,
      help: 'Time since the keys file could last be reloaded, in seconds; 0 while it can.',
      registers: [registry],
      aggregator: 'max',
      collect() {
        this.set(seconds());
      },
    });
  }

  /** Starts the measurement, unless it has started. */
  failed(): void {
    this.#failedAt ??= this.#now();
  }

  /** Ends the measurement. */
  recovered(): void {
    this.#failedAt = undefined;
  }

  /** Returns the time since the first failure, in seconds; 0 without one. */
  seconds(): number {
    return this.#failedAt === undefined ? 0 : (this.#now() - this.#failedAt) / 1000;
  }
}
