import { Gauge, type Registry } from 'prom-client';
import { requireFreeNames } from './require-free-names.ts';

/** Options of {@link KeysFileMetrics}. */
export interface KeysFileMetricsOptions {
  /** Where the metric is registered. */
  readonly registry: Registry;
  /**
   * A clock that never goes back, in milliseconds.
   * @defaultValue performance.now
   */
  readonly now?: () => number;
}

const METRIC = 'fairlead_keys_file_staleness_seconds';

/**
 * The time since changes of the keys file stopped being taken over: the gauge `fairlead_keys_file_staleness_seconds`.
 *
 * It is 0 while the file can be read and is right. While it grows, a revoked key is still accepted: alert on it.
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
  constructor({ registry, now = () => performance.now() }: KeysFileMetricsOptions) {
    requireFreeNames(registry, [METRIC]);
    this.#now = now;
    const seconds = (): number => this.seconds();
    new Gauge({
      name: METRIC,
      help: 'Time since changes of the keys file stopped being taken over, in seconds; 0 while they are.',
      registers: [registry],
      collect() {
        this.set(seconds());
      },
    });
  }

  /** Starts the clock, unless it runs already. */
  failed(): void {
    this.#failedAt ??= this.#now();
  }

  /** Stops the clock. */
  recovered(): void {
    this.#failedAt = undefined;
  }

  /** Time since the first failure, in seconds; 0 while there is none. */
  seconds(): number {
    return this.#failedAt === undefined ? 0 : (this.#now() - this.#failedAt) / 1000;
  }
}
