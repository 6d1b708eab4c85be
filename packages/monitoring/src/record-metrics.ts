import { Counter, type Registry } from 'prom-client';
import { checkMetricNames } from './check-metric-names.ts';
import { checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** Options of {@link RecordMetrics}. */
export interface RecordMetricsOptions {
  /** Registry of the metric. */
  readonly registry: Registry;
}

const optionNames: OptionNames<RecordMetricsOptions> = { registry: 'required' };

/** Records of inferences that no recorder has; the event `record-failed` of a model server is one. */
export interface LostRecords {
  /** Records whose recorder failed. */
  readonly failed: number;
  /** Records that were dropped because too many waited. */
  readonly dropped: number;
}

const METRIC = 'fairlead_records_lost_total';

/**
 * Counts the records of inferences that reached no recorder: the counter `fairlead_records_lost_total`.
 *
 * @example
 * ```ts
 * import { InferenceMetrics, RecordMetrics } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const records = new RecordMetrics({ registry });
 * records.countLost({ failed: 0, dropped: 3 }); // the event record-failed of a model server
 * console.log(records.lost); // 3
 * ```
 */
export class RecordMetrics {
  readonly #lost: Counter<'reason'>;
  #total = 0;

  /** @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has the metric already. */
  constructor(options: RecordMetricsOptions) {
    const { registry } = checkOptions('new RecordMetrics', options, optionNames);
    checkMetricNames(registry, [METRIC]);
    this.#lost = new Counter({
      name: METRIC,
      help: 'Records of answered inferences that no recorder has: too many waited, or the recorder failed.',
      labelNames: ['reason'],
      registers: [registry],
    });
    for (const reason of ['failed', 'dropped']) this.#lost.inc({ reason }, 0);
  }

  /** Records that were lost so far. */
  get lost(): number {
    return this.#total;
  }

  /** Counts lost records. */
  countLost({ failed, dropped }: LostRecords): void {
    this.#lost.inc({ reason: 'failed' }, failed);
    this.#lost.inc({ reason: 'dropped' }, dropped);
    this.#total += failed + dropped;
  }
}
