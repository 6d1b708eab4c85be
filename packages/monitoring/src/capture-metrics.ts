import { Counter, Gauge, type Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkFunction, checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** Numbers of a recorder of requests since the process started, as `CaptureRecorder` of `@fairlead/capture` has them. */
export interface CaptureNumbers {
  /** Requests that the recorder received. */
  readonly seen: number;
  /** Requests that are stored, or wait to be. */
  readonly captured: number;
  /** Bytes that wait to be stored, in memory and on the disk. */
  readonly waitingBytes: number;
  /** Requests of the sample that are not captured, by reason. */
  readonly lost: Readonly<Record<string, number>>;
}

/** Options of {@link captureMetrics}. */
export interface CaptureMetricsOptions {
  /** Registry of the metrics. */
  readonly registry: Registry;
  /** Reads the numbers; called at each scrape. */
  readonly read: () => CaptureNumbers;
}

const optionNames: OptionNames<CaptureMetricsOptions> = { registry: 'required', read: 'required' };

const SEEN = 'fairlead_capture_requests_seen_total';
const LOST = 'fairlead_capture_requests_lost_total';
const CAPTURED = 'fairlead_capture_requests';
const WAITING = 'fairlead_capture_waiting_bytes';

/**
 * Registers the metrics of a recorder of requests: what it received, captured and lost, and how much waits to be stored.
 *
 * @example
 * ```ts
 * import { captureMetrics, InferenceMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const numbers = { seen: 40, captured: 4, waitingBytes: 812, lost: { 'spool-full': 0 } };
 * captureMetrics({ registry, read: () => numbers });
 * const page = await registry.metrics();
 * console.log(page.includes('fairlead_capture_requests 4')); // true
 * ```
 *
 * @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has one of the metrics already.
 */
export function captureMetrics(options: CaptureMetricsOptions): void {
  const { registry, read } = checkOptions('captureMetrics', options, optionNames);
  checkFunction('read', read);
  checkMetricNames(registry, [SEEN, LOST, CAPTURED, WAITING]);
  const registers = [registry];
  new Counter({
    name: SEEN,
    help: 'Answered requests that the recorder of requests received.',
    registers,
    collect() {
      this.reset();
      this.inc(read().seen);
    },
  });
  new Counter({
    name: LOST,
    help: 'Requests of the sample that are not captured, by reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, requests] of Object.entries(read().lost)) this.inc({ reason }, requests);
    },
  });
  new Gauge({
    name: CAPTURED,
    help: 'Requests that this process captured: stored, or waiting to be.',
    registers,
    collect() {
      this.set(read().captured);
    },
  });
  new Gauge({
    name: WAITING,
    help: 'Bytes of captured requests that wait to be stored, in memory and on the disk.',
    registers,
    collect() {
      this.set(read().waitingBytes);
    },
  });
}
