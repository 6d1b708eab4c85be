import type { CloudWatchMetricSource } from './cloudwatch-observer.ts';
import type { CloudWatchMetric } from './cloudwatch-publisher.ts';
import { checkMetricDefinition, type CloudWatchMetricDefinition } from './metric-definition.ts';
import { roundValue } from './round-value.ts';

/** Values of one metric that a {@link MetricBuffer} has collected; it can be sent between processes. */
export interface BufferedValues {
  readonly definition: CloudWatchMetricDefinition;
  /** Different values, rounded as the publisher rounds them. */
  readonly values: readonly number[];
  /** Count of the value at the same index. */
  readonly counts: readonly number[];
}

interface Buffered {
  readonly definition: CloudWatchMetricDefinition;
  readonly counts: Map<number, number>;
}

/**
 * Collects the values of one process, for a `CloudWatchPublisher` in another one: several processes of a host then need one call of
 * PutMetricData together. Nothing is lost by it: the publisher gets each value with its count.
 *
 * @example
 * ```ts
 * import { MetricBuffer } from '@fairlead/monitoring/cloudwatch';
 *
 * const buffer = new MetricBuffer();
 * const orders = buffer.metric({ name: 'Orders', unit: 'Count' });
 * orders.record(1);
 * orders.record(1);
 * const [{ values, counts }] = buffer.drain();
 * console.log(values, counts); // [ 1 ] [ 2 ]
 * ```
 */
export class MetricBuffer implements CloudWatchMetricSource {
  readonly #active = new Set<Buffered>();

  /**
   * Creates a metric to record values with; create it once, not for each value.
   *
   * @throws `MonitoringError` with `ERR_MONITORING_CLOUDWATCH_METRIC_INVALID`.
   */
  metric(definition: CloudWatchMetricDefinition): CloudWatchMetric {
    checkMetricDefinition(definition);
    const buffered: Buffered = { definition, counts: new Map() };
    return {
      record: (value, count = 1) => {
        const countIsValid = Number.isSafeInteger(count) && count > 0;
        // The publisher counts invalid values.
        const rounded = countIsValid ? roundValue(value) : Number.NaN;
        const before = buffered.counts.get(rounded) ?? 0;
        buffered.counts.set(rounded, before + (countIsValid ? count : 1));
        this.#active.add(buffered);
      },
    };
  }

  /** Empties the buffer; metrics without a value are left out. */
  drain(): readonly BufferedValues[] {
    const drained = [...this.#active].map(({ definition, counts }) => ({
      definition,
      values: [...counts.keys()],
      counts: [...counts.values()],
    }));
    for (const { counts } of this.#active) counts.clear();
    this.#active.clear();
    return drained;
  }
}
