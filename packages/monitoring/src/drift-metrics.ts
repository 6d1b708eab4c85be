import { Gauge, type Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkFunction, checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** Newest verdict on the drift of a version, as `DriftWatch` of `@fairlead/drift` has it. */
export interface DriftState {
  readonly model: string;
  readonly version: string;
  /** End of the judged span, in milliseconds since the epoch. */
  readonly to: number;
  /** Number of features and outputs by status: `drift`, `ok`, `insufficient data`. */
  readonly summary: Readonly<Record<string, number>>;
  /** Features and outputs that have drifted. */
  readonly drifted: readonly { readonly name: string; readonly role: string }[];
}

/** Options of {@link driftMetrics}. */
export interface DriftMetricsOptions {
  /** Registry of the metrics. */
  readonly registry: Registry;
  /** Reads the newest verdict on each served version; called at each scrape. */
  readonly read: () => Iterable<DriftState>;
  /**
   * Drifted features that have series, for each version; all are in the summary.
   * @defaultValue 50
   */
  readonly maxFeatures?: number;
}

const optionNames: OptionNames<DriftMetricsOptions> = {
  registry: 'required',
  read: 'required',
  maxFeatures: 'optional',
};

const COUNT = 'fairlead_drift_features';
const FEATURE = 'fairlead_feature_drift';
const JUDGED = 'fairlead_drift_judged_timestamp_seconds';

/**
 * Registers the newest verdicts on drift: how many features of each version drift, and which.
 *
 * @example
 * ```ts
 * import { driftMetrics, InferenceMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const churn = {
 *   ...{ model: 'churn', version: '3', to: Date.UTC(2026, 10, 28, 16) },
 *   summary: { drift: 1, ok: 8, 'insufficient data': 0 },
 *   drifted: [{ name: 'age', role: 'feature' }],
 * };
 * driftMetrics({ registry, read: () => [churn] });
 * const page = await registry.metrics();
 * console.log(page.includes('fairlead_drift_features{model="churn",version="3",status="drift"} 1')); // true
 * ```
 *
 * @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has one of the metrics already.
 */
export function driftMetrics(options: DriftMetricsOptions): void {
  const { registry, read, maxFeatures = 50 } = checkOptions('driftMetrics', options, optionNames);
  checkFunction('read', read);
  checkMetricNames(registry, [COUNT, FEATURE, JUDGED]);
  const registers = [registry];
  new Gauge({
    name: COUNT,
    help: 'Features and outputs of a version by the status of the newest verdict on their drift.',
    labelNames: ['model', 'version', 'status'],
    registers,
    aggregator: 'max',
    collect() {
      this.reset();
      for (const { model, version, summary } of read()) {
        for (const [status, count] of Object.entries(summary)) {
          this.set({ model, version, status }, count);
        }
      }
    },
  });
  new Gauge({
    name: FEATURE,
    help: 'Features and outputs that have drifted, with the value 1.',
    labelNames: ['model', 'version', 'feature', 'role'],
    registers,
    aggregator: 'max',
    collect() {
      this.reset();
      for (const { model, version, drifted } of read()) {
        for (const { name, role } of drifted.slice(0, maxFeatures)) {
          this.set({ model, version, feature: name, role }, 1);
        }
      }
    },
  });
  new Gauge({
    name: JUDGED,
    help: 'End of the span of the newest verdict on the drift of a version, in seconds since the epoch.',
    labelNames: ['model', 'version'],
    registers,
    aggregator: 'max',
    collect() {
      this.reset();
      for (const { model, version, to } of read()) this.set({ model, version }, to / 1000);
    },
  });
}
