import type {
  CloudWatchMetric,
  CloudWatchMetricDefinition,
  CloudWatchMetricSource,
} from '@fairlead/monitoring/cloudwatch';
import type { Combination } from '../process-group/metric-batch.ts';

/** Level that goes up and down. */
export type LevelMetric = Pick<CloudWatchMetric, 'record'>;

/** Metrics of a gateway for CloudWatch. */
export interface MetricPublisher extends CloudWatchMetricSource {
  /** Returns the metric of a level, which several processes of a host are published as one of. */
  level(definition: CloudWatchMetricDefinition, combination: Combination): LevelMetric;
}

/** Returns the publisher of a gateway that is the only process of its host. */
export function metricPublisher(source: CloudWatchMetricSource): MetricPublisher {
  const metric = source.metric.bind(source);
  return { metric, level: metric };
}
