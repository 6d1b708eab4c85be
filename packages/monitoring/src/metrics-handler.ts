import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectDefaultMetrics } from 'prom-client';
import type { OpenMetricsContentType, Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkMethod, checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** Options of {@link metricsHandler}. */
export interface MetricsHandlerOptions {
  /**
   * Adds prom-client's metrics of the process (CPU, memory, event loop delay, garbage collection) to the registry.
   *
   * @defaultValue false
   */
  readonly processMetrics?: boolean;
  /**
   * Returns the page that is served, such as {@link ProcessMetrics.page} for several processes.
   *
   * @defaultValue all metrics of the registry
   */
  readonly page?: () => Promise<string>;
}

const optionNames: OptionNames<MetricsHandlerOptions> = {
  processMetrics: 'optional',
  page: 'optional',
};

/**
 * Creates the handler that serves all metrics of `registry` to Prometheus.
 *
 * It checks neither path nor caller: mount it where only the scraper can reach it.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the process metrics are added twice.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { InferenceMetrics, metricsHandler } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * console.log(createServer(metricsHandler(registry)).listening); // false
 * ```
 */
export function metricsHandler(
  registry: Registry | Registry<OpenMetricsContentType>,
  options: MetricsHandlerOptions = {},
) {
  checkMethod('registry', registry, 'metrics');
  const { processMetrics = false, page: read = () => registry.metrics() } = checkOptions(
    'metricsHandler',
    options,
    optionNames,
  );
  if (processMetrics) {
    checkMetricNames(registry, ['process_cpu_seconds_total']);
    collectDefaultMetrics({ register: registry });
  }
  return function metrics(req: IncomingMessage, res: ServerResponse): void {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    read().then(
      (page) => {
        res.writeHead(200, {
          'content-type': registry.contentType,
          'content-length': Buffer.byteLength(page),
          'cache-control': 'no-store',
        });
        // Node omits the body of a response to HEAD.
        res.end(page);
      },
      () => {
        // Only a `collect` of the application can fail; its message is not for clients.
        res.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
        res.end('The metrics could not be collected.\n');
      },
    );
  };
}
