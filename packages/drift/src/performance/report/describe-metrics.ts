import { classifierMetrics, samplingErrors } from '../class-sums.ts';
import { regressionErrors, regressionMetrics } from '../regression-sums.ts';
import type { PerformanceResult } from './performance-result.ts';

/** Value of a metric with its precision. */
export interface PerformanceMetric {
  readonly name: string;
  /** NaN where the metric isn't defined. */
  readonly value: number;
  /** Three standard errors below the value, but not out of the range of the metric; NaN where the error isn't known. */
  readonly lower: number;
  /** Three standard errors above. */
  readonly upper: number;
  /** True if a smaller value is better. */
  readonly isError: boolean;
}

const ERRORS = 3;

/** Computes the metrics of a result with their bounds; `rows` is the effective number of rows. */
export function describeMetrics(
  result: PerformanceResult,
  rows: number,
): readonly PerformanceMetric[] {
  if ('classes' in result) {
    const values = classifierMetrics(result.classes);
    const errors = samplingErrors(result.classes, rows);
    const { logLoss = NaN, brier = NaN } = result;
    return [
      ...metricsOf(values, errors, [0, 1], false),
      ...metricsOf({ logLoss, brier }, {}, [0, Infinity], true),
    ].filter(({ name, value }) => !(LOSSES.has(name) && Number.isNaN(value)));
  }
  const { r2, ...values } = regressionMetrics(result);
  return [
    ...metricsOf(values, { ...regressionErrors(result, rows) }, [0, Infinity], true),
    ...metricsOf({ r2 }, {}, [-Infinity, 1], false),
  ];
}

const LOSSES = new Set(['logLoss', 'brier']);

function metricsOf<T extends object>(
  values: T,
  errors: Partial<Record<keyof T, number>>,
  [min, max]: readonly [number, number],
  isError: boolean,
): readonly PerformanceMetric[] {
  return Object.entries(values).map(([name, value]: [string, number]) => {
    const reach = ERRORS * (errors[name as keyof T] ?? NaN);
    return {
      ...{ name, value, isError },
      // The maximum of NaN is NaN.
      lower: Math.max(min, value - reach),
      upper: Math.min(max, value + reach),
    };
  });
}
