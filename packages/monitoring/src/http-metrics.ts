import type { IncomingMessage, ServerResponse } from 'node:http';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { BucketCounts, registerBucketHistogram } from './bucket-histogram.ts';
import { checkMetricNames } from './check-metric-names.ts';
import { checkFunction, checkInteger, checkOptions, rejectResult } from './check-options.ts';
import { firstPass } from './first-pass.ts';
import { knownMethods } from './known-methods.ts';
import type { OptionNames } from './options-problem.ts';
import { onRequestEnd, requestPath } from './request-end.ts';

/** Options of {@link httpMetrics}. */
export interface HttpMetricsOptions {
  /** Registry of the metrics. */
  readonly registry: Registry;
  /**
   * Returns the group of routes that a request belongs to, such as `infer` or `health`; `undefined` counts as `other`.
   *
   * Called when the request has ended, with the path as the client sent it (no query). Return one of a few fixed
   * words, never a part of the path: each word creates series that stay.
   */
  readonly routeGroup: (path: string, req: IncomingMessage) => string | undefined;
  /**
   * Maximum number of different groups; later ones count as `other`.
   *
   * @defaultValue 32
   */
  readonly maxRouteGroups?: number;
  /**
   * Monotonic clock, in milliseconds.
   *
   * @defaultValue `performance.now`
   */
  readonly now?: () => number;
}

const optionNames: OptionNames<HttpMetricsOptions> = {
  registry: 'required',
  routeGroup: 'required',
  maxRouteGroups: 'optional',
  now: 'optional',
};

/** Bounds in seconds; the default buckets of the Prometheus clients, with two finer ones below. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const totalName = 'http_requests_total';
const durationName = 'http_request_duration_seconds';
const inFlightName = 'http_requests_in_flight';

interface Tally {
  readonly labels: { readonly method: string; readonly route: string; readonly code: string };
  count: number;
  readonly durations: BucketCounts;
}

interface Series {
  readonly labels: { readonly method: string; readonly route: string };
  readonly counts: BucketCounts;
}

/**
 * Creates middleware that counts requests by method, route group and status code, and measures their duration and the number
 * in flight.
 *
 * The `code` of a request whose client disconnected before the response was complete is `aborted`. Install it first, so
 * that requests refused by later middleware count too. A request that passes it twice counts once.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` or `ERR_MONITORING_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { httpMetrics, InferenceMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const middleware = httpMetrics({
 *   registry,
 *   routeGroup: (path) => (path.startsWith('/predict/') ? 'predict' : undefined),
 * });
 * console.log(middleware.length); // 3
 * ```
 */
export function httpMetrics(options: HttpMetricsOptions) {
  const {
    registry,
    routeGroup,
    maxRouteGroups = 32,
    now = () => performance.now(),
  } = checkOptions('httpMetrics', options, optionNames);
  checkFunction('routeGroup', routeGroup);
  checkInteger('maxRouteGroups', maxRouteGroups);
  checkMetricNames(registry, [totalName, durationName, inFlightName]);
  const registers = [registry];
  const tallies = new Map<string, Tally>();
  const durations = new Map<string, Series>();
  const routes = new Set<string>();
  const isFirstPass = firstPass();
  let inFlight = 0;

  new Counter({
    name: totalName,
    help: 'HTTP requests that have ended, by method, route group and status code ("aborted" if the client disconnected).',
    labelNames: ['method', 'route', 'code'],
    registers,
    collect() {
      this.reset();
      for (const { labels, count } of tallies.values()) this.inc(labels, count);
    },
  });
  new Gauge({
    name: inFlightName,
    help: 'HTTP requests that have not ended yet.',
    registers,
    collect() {
      this.set(inFlight);
    },
  });
  registerBucketHistogram(registry, {
    name: durationName,
    help: 'Time from the arrival of an HTTP request to its end, in seconds.',
    series: () => durations.values(),
  });

  const durationsOf = (method: string, route: string): BucketCounts => {
    const key = `${method} ${route}`;
    const known = durations.get(key);
    if (known !== undefined) return known.counts;
    const counts = new BucketCounts(buckets);
    durations.set(key, { labels: { method, route }, counts });
    return counts;
  };

  const boundedRoute = (path: string, req: IncomingMessage): string => {
    let route: unknown;
    try {
      route = routeGroup(path, req);
      if (typeof route !== 'string' && route !== undefined)
        rejectResult('routeGroup', route, 'a string');
    } catch {
      // Runs in an event handler of the response, where an exception would end the process.
      return 'other';
    }
    if (typeof route !== 'string') return 'other';
    if (routes.has(route)) return route;
    if (routes.size >= maxRouteGroups) return 'other';
    routes.add(route);
    return route;
  };

  return function httpMetrics(req: IncomingMessage, res: ServerResponse, next: () => void): void {
    if (!isFirstPass(res)) {
      next();
      return;
    }
    const start = now();
    const path = requestPath(req);
    const method = knownMethods.has(req.method ?? '') ? (req.method ?? '') : 'other';
    inFlight += 1;
    onRequestEnd(res, (outcome) => {
      inFlight -= 1;
      const route = boundedRoute(path, req);
      const code = outcome === 'aborted' ? 'aborted' : String(res.statusCode);
      const key = `${method} ${code} ${route}`;
      let tally = tallies.get(key);
      if (tally === undefined) {
        const labels = { method, route, code };
        tally = { labels, count: 0, durations: durationsOf(method, route) };
        tallies.set(key, tally);
      }
      tally.count += 1;
      tally.durations.observe(Math.max(0, now() - start) / 1000);
    });
    next();
  };
}
