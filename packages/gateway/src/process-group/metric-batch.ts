import type { BufferedValues, CloudWatchMetricDefinition } from '@fairlead/monitoring/cloudwatch';

/** How the levels of several processes are the level of their host: parts of it, or each of them all of it. */
export type Combination = 'sum' | 'max';

/** A level that a process has measured, such as a number of waiting files. */
export interface MeasuredLevel {
  readonly definition: CloudWatchMetricDefinition;
  readonly combination: Combination;
  readonly value: number;
}

/** Values and levels that a process has measured for CloudWatch since the batch before. */
export interface MetricBatch {
  readonly values: readonly BufferedValues[];
  readonly levels: readonly MeasuredLevel[];
}
