import type { Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkOptions } from './check-options.ts';
import { FailureTime } from './failure-time.ts';
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
  readonly #failure: FailureTime;

  /** @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has the metric already. */
  constructor(options: KeysFileMetricsOptions) {
    const checked = checkOptions('new KeysFileMetrics', options, optionNames);
    checkMetricNames(checked.registry, [METRIC]);
    const help = 'Time since the keys file could last be reloaded, in seconds; 0 while it can.';
    this.#failure = new FailureTime({ name: METRIC, help }, checked);
  }

  /** Starts the measurement, unless it has started. */
  failed(): void {
    this.#failure.failed();
  }

  /** Ends the measurement. */
  recovered(): void {
    this.#failure.recovered();
  }

  /** Returns the time since the first failure, in seconds; 0 without one. */
  seconds(): number {
    return this.#failure.seconds();
  }
}
