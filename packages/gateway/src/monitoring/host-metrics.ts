import type {
  CloudWatchMetric,
  CloudWatchMetricDefinition,
  CloudWatchMetricSource,
} from '@fairlead/monitoring/cloudwatch';
import type { Combination, MetricBatch } from '../process-group/metric-batch.ts';
import { LEVEL_INTERVAL_MS } from './level-interval.ts';

interface HostLevel {
  readonly metric: CloudWatchMetric;
  readonly combination: Combination;
  /** Newest level of each process, by its number. */
  readonly values: Map<number, number>;
}

/** Metrics of all processes of a host for one publisher: every value of each process, and each level as that of the host. */
export class HostMetrics {
  readonly #publisher: CloudWatchMetricSource;
  readonly #metrics = new Map<string, CloudWatchMetric>();
  readonly #levels = new Map<string, HostLevel>();
  readonly #timer: NodeJS.Timeout;

  constructor(publisher: CloudWatchMetricSource) {
    this.#publisher = publisher;
    this.#timer = setInterval(() => {
      this.#publishLevels();
    }, LEVEL_INTERVAL_MS).unref();
  }

  /** Records what a process has measured. */
  record(process: number, { values, levels }: MetricBatch): void {
    for (const { definition, values: different, counts } of values) {
      const metric = this.#metricOf(definition);
      for (const [index, value] of different.entries()) metric.record(value, counts[index]);
    }
    for (const { definition, combination, value } of levels) {
      const key = keyOf(definition);
      const metric = this.#metricOf(definition);
      const level = this.#levels.get(key) ?? { metric, combination, values: new Map() };
      this.#levels.set(key, level);
      level.values.set(process, value);
    }
  }

  /** Removes the levels of a process that has ended. */
  end(process: number): void {
    for (const { values } of this.#levels.values()) values.delete(process);
  }

  /** Records the levels once more, and stops. */
  close(): void {
    clearInterval(this.#timer);
    this.#publishLevels();
  }

  #publishLevels(): void {
    for (const { metric, combination, values } of this.#levels.values()) {
      const all = [...values.values()];
      if (all.length === 0) continue;
      metric.record(
        combination === 'max' ? Math.max(...all) : all.reduce((sum, value) => sum + value, 0),
      );
    }
  }

  #metricOf(definition: CloudWatchMetricDefinition): CloudWatchMetric {
    const key = keyOf(definition);
    const metric = this.#metrics.get(key) ?? this.#publisher.metric(definition);
    this.#metrics.set(key, metric);
    return metric;
  }
}

function keyOf({ name, dimensions = {} }: CloudWatchMetricDefinition): string {
  return JSON.stringify([name, ...Object.entries(dimensions)]);
}
