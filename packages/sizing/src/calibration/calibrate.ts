import type { LoadPoint, ModelMeasurement, Saturation } from '../measurement/model-measurement.ts';
import { capacityOf, fitLatencyModel, predictP99Ms } from '../queue/latency-model.ts';

/** Measurement of the same model on several cores of the same machine, to check the predictions. */
export interface CheckMeasurement {
  readonly cores: number;
  readonly saturation: Saturation;
  readonly points: readonly LoadPoint[];
}

/** A prediction beside what was measured. */
export interface CalibrationRow {
  readonly what: string;
  readonly unit: 'ms' | 'requests/s';
  readonly predicted: number;
  readonly measured: number;
  /** `measured / predicted - 1`: 0.1 for a tenth more than predicted. */
  readonly error: number;
}

/** Result of a calibration. */
export interface Calibration {
  readonly cores: number;
  readonly rows: readonly CalibrationRow[];
  /** Error of the predicted throughput on several cores, from 0 on. */
  readonly throughputError: number;
  /** Median error of the predicted 99th percentiles, from 0 on: 1 if they are off by a factor of 2; undefined if every step was overloaded. */
  readonly latencyError?: number;
  /** Additional share of processor time on several cores, as measured: recommendations use it. */
  readonly multicoreOverhead: number;
}

/**
 * Compares what a measurement on one core predicts with a measurement on several.
 *
 * The prediction uses the default overhead of several cores: the check must not know its result. Cores that other processes used, such as
 * the load generator on a machine with two cores, are no part of what is available.
 *
 * @example
 * ```ts
 * import { calibrate, exampleMeasurement } from '@fairlead/sizing';
 *
 * const { throughputError } = calibrate(exampleMeasurement, {
 *   cores: 2,
 *   saturation: { requestsPerSecond: 2610, processorMs: 0.6, availableCores: 1.6, failed: 0 },
 *   points: [],
 * });
 * console.log(throughputError.toFixed(3)); // 0.062
 * ```
 */
export function calibrate(measurement: ModelMeasurement, check: CheckMeasurement): Calibration {
  const model = fitLatencyModel(measurement);
  const { saturation, points, cores } = check;
  const throughput = row(
    `throughput on ${cores} cores`,
    'requests/s',
    capacityOf(model, { cores: saturation.availableCores }),
    saturation.requestsPerSecond,
  );
  const latencies = points.flatMap((point) => {
    const { offeredPerSecond: requestsPerSecond, availableCores } = point;
    const predicted = predictP99Ms(model, { requestsPerSecond, cores: availableCores });
    // An overloaded step has no steady state to predict.
    if (predicted === Infinity) return [];
    const what = `p99 at ${Math.round(requestsPerSecond)} requests/s`;
    return [row(what, 'ms', predicted, point.p99Ms)];
  });
  return {
    cores,
    rows: [throughput, ...latencies],
    throughputError: Math.abs(throughput.error),
    ...(latencies.length > 0 && { latencyError: medianFactor(latencies) - 1 }),
    multicoreOverhead: Math.max(0, saturation.processorMs / measurement.saturation.processorMs - 1),
  };
}

function row(
  what: string,
  unit: CalibrationRow['unit'],
  predicted: number,
  measured: number,
): CalibrationRow {
  return { what, unit, predicted, measured, error: measured / predicted - 1 };
}

/** Median factor, the larger of two, between prediction and measurement, in whichever direction, from 1 on. */
function medianFactor(rows: readonly CalibrationRow[]): number {
  const factors = rows
    .map(({ predicted, measured }) => Math.max(predicted / measured, measured / predicted))
    .toSorted((a, b) => a - b);
  return factors[Math.floor(factors.length / 2)] ?? 1;
}
