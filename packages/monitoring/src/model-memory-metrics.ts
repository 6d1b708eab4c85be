import { Gauge, type Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkFunction, checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** Memory of one loaded version. */
export interface ModelMemory {
  readonly model: string;
  readonly version: string;
  /** Size of the model's files, in bytes. */
  readonly fileBytes: number;
  /** Estimated memory that the version takes, in bytes. */
  readonly residentBytes: number;
}

/** Options of {@link modelMemoryMetrics}. */
export interface ModelMemoryMetricsOptions {
  /** Registry of the metric. */
  readonly registry: Registry;
  /** Reads the memory of every loaded version; called at each scrape. */
  readonly read: () => Iterable<ModelMemory>;
}

const optionNames: OptionNames<ModelMemoryMetricsOptions> = {
  registry: 'required',
  read: 'required',
};

const METRIC = 'fairlead_model_memory_bytes';

/**
 * Registers the memory of each loaded version: the gauge `fairlead_model_memory_bytes` with the labels `model`, `version` and `kind`,
 * which is `file` for the size of its files and `resident` for the estimated memory.
 *
 * @example
 * ```ts
 * import { InferenceMetrics, modelMemoryMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const digits = { model: 'digits', version: '1', fileBytes: 5_293_104, residentBytes: 11_984_896 };
 * modelMemoryMetrics({ registry, read: () => [digits] });
 * ```
 *
 * @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has the metric already.
 */
export function modelMemoryMetrics(options: ModelMemoryMetricsOptions): void {
  const { registry, read } = checkOptions('modelMemoryMetrics', options, optionNames);
  checkFunction('read', read);
  checkMetricNames(registry, [METRIC]);
  new Gauge({
    name: METRIC,
    help: "Memory of a loaded version, in bytes: the size of its files, and an estimate of the process's memory that it takes.",
    labelNames: ['model', 'version', 'kind'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { model, version, fileBytes, residentBytes } of read()) {
        this.set({ model, version, kind: 'file' }, fileBytes);
        this.set({ model, version, kind: 'resident' }, residentBytes);
      }
    },
  });
}
