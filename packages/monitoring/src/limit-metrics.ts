import { Counter, type Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkOptions } from './check-options.ts';
import { FailureTime } from './failure-time.ts';
import type { OptionNames } from './options-problem.ts';

/** Options of {@link LimitMetrics}. */
export interface LimitMetricsOptions {
  /** Registry of the metrics. */
  readonly registry: Registry;
  /**
   * Monotonic clock, in milliseconds.
   * @defaultValue `performance.now`
   */
  readonly now?: () => number;
}

const optionNames: OptionNames<LimitMetricsOptions> = { registry: 'required', now: 'optional' };

const UNAVAILABLE = 'fairlead_limits_store_unavailable_seconds';
const REFUSED = 'fairlead_limit_refused_total';
const REQUESTS = 'fairlead_client_requests_total';
const ELEMENTS = 'fairlead_client_elements_total';

/** Amounts that a client has used since the start. */
export interface ClientUse {
  requests: number;
  elements: number;
}

/**
 * Rate limits and quotas: time since the store of shared counts could last be used, refused requests by limit, and what each client
 * has used.
 *
 * The gauge `fairlead_limits_store_unavailable_seconds` is 0 while the store answers. While it grows, each host limits for itself or
 * refuses requests: alert on it.
 *
 * @example
 * ```ts
 * import { InferenceMetrics, LimitMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const limits = new LimitMetrics({ registry });
 * limits.used('acme', { requests: 1, elements: 784 });
 * limits.refused('requests-per-day');
 * const page = await registry.metrics();
 * console.log(page.includes('fairlead_client_elements_total{client="acme"} 784')); // true
 * ```
 */
export class LimitMetrics {
  readonly #failure: FailureTime;
  readonly #clients = new Map<string, ClientUse>();
  readonly #refused: Counter<'limit'>;

  /** @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has one of the metrics already. */
  constructor(options: LimitMetricsOptions) {
    const checked = checkOptions('new LimitMetrics', options, optionNames);
    const { registry } = checked;
    checkMetricNames(registry, [UNAVAILABLE, REFUSED, REQUESTS, ELEMENTS]);
    const help =
      'Time since the store of shared limits could last be used, in seconds; 0 while it can.';
    this.#failure = new FailureTime({ name: UNAVAILABLE, help }, checked);
    const registers = [registry];
    this.#refused = new Counter({
      name: REFUSED,
      help: 'Requests that were refused by a rate limit or quota.',
      labelNames: ['limit'],
      registers,
    });
    this.#countUse(REQUESTS, 'Requests of a client with a key.', 'requests', registers);
    this.#countUse(
      ELEMENTS,
      'Input elements that a client has had computed.',
      'elements',
      registers,
    );
  }

  /** Counts a request that a limit has refused. */
  refused(limit: string): void {
    this.#refused.inc({ limit });
  }

  /** Adds what a client has used; `client` is the owner of a key, whose number is limited. */
  used(client: string, { requests = 0, elements = 0 }: Partial<ClientUse>): void {
    const used = this.#clients.get(client);
    if (used === undefined) {
      this.#clients.set(client, { requests, elements });
      return;
    }
    used.requests += requests;
    used.elements += elements;
  }

  /** Starts the measurement of the time without the store, unless it has started. */
  failed(): void {
    this.#failure.failed();
  }

  /** Ends that measurement. */
  recovered(): void {
    this.#failure.recovered();
  }

  /** Returns the time since the first failure of the store, in seconds; 0 without one. */
  seconds(): number {
    return this.#failure.seconds();
  }

  /** Adds a counter that is filled when it is read: requests only add to a number. */
  #countUse(name: string, help: string, unit: keyof ClientUse, registers: Registry[]): void {
    const clients = this.#clients;
    new Counter({
      ...{ name, help, labelNames: ['client'], registers },
      collect() {
        this.reset();
        for (const [client, used] of clients) {
          if (used[unit] > 0) this.inc({ client }, used[unit]);
        }
      },
    });
  }
}
