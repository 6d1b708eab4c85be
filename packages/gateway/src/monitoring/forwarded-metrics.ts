import {
  MetricBuffer,
  type CloudWatchMetric,
  type CloudWatchMetricDefinition,
} from '@fairlead/monitoring/cloudwatch';
import type { Combination, MeasuredLevel, MetricBatch } from '../process-group/metric-batch.ts';
import type { LevelMetric, MetricPublisher } from './metric-publisher.ts';

/** Values of this time are lost with a process that is killed. */
const FORWARD_MS = 1000;

/** Metrics of one of several processes, which are forwarded each second to the process that publishes those of all. */
export class ForwardedMetrics implements MetricPublisher {
  readonly #buffer = new MetricBuffer();
  readonly #levels = new Map<object, MeasuredLevel>();
  readonly #forward: (batch: MetricBatch) => Promise<unknown>;
  readonly #timer: NodeJS.Timeout;

  /** @param forward - delivers a batch; one that can't be delivered is lost, as the process that publishes has ended */
  constructor(forward: (batch: MetricBatch) => Promise<unknown>) {
    this.#forward = forward;
    this.#timer = setInterval(() => void this.#flush(), FORWARD_MS).unref();
  }

  metric(definition: CloudWatchMetricDefinition): CloudWatchMetric {
    return this.#buffer.metric(definition);
  }

  level(definition: CloudWatchMetricDefinition, combination: Combination): LevelMetric {
    const key = {};
    return {
      record: (value) => {
        this.#levels.set(key, { definition, combination, value });
      },
    };
  }

  /** Forwards what is left. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const values = this.#buffer.drain();
    const levels = [...this.#levels.values()];
    this.#levels.clear();
    if (values.length === 0 && levels.length === 0) return;
    await this.#forward({ values, levels }).catch(() => undefined);
  }
}
