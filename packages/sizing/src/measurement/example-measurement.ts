import type { ModelMeasurement } from './model-measurement.ts';

/**
 * A measurement of a small model, for examples and trials: 2,000 requests a second on one core.
 *
 * @example
 * ```ts
 * import { exampleMeasurement } from '@fairlead/sizing';
 *
 * console.log(exampleMeasurement.model, exampleMeasurement.saturation.processorMs); // churn 0.5
 * ```
 */
export const exampleMeasurement: ModelMeasurement = {
  format: 1,
  model: 'churn',
  at: '2026-11-30T12:00:00.000Z',
  machine: { processor: 'zen4', model: 'AMD EPYC', cores: 2, disturbance: 0.02 },
  rowsPerRequest: 1,
  loadMs: 1_800,
  memoryBytes: 260 * 1024 ** 2,
  computeMs: 0.2,
  idle: { p50Ms: 0.9, p99Ms: 4 },
  saturation: {
    ...{ requestsPerSecond: 1_960, processorMs: 0.5, availableCores: 0.98, failed: 0 },
  },
  points: [
    {
      ...{
        offeredPerSecond: 1_000,
        utilization: 0.52,
        availableCores: 0.98,
        p50Ms: 1.2,
        p99Ms: 6.8,
      },
      ...{ processorMs: 0.52, requests: 5_000, failed: 0 },
    },
    {
      ...{
        offeredPerSecond: 1_400,
        utilization: 0.71,
        availableCores: 0.98,
        p50Ms: 1.6,
        p99Ms: 9.4,
      },
      ...{ processorMs: 0.51, requests: 7_000, failed: 0 },
    },
    {
      ...{
        offeredPerSecond: 1_700,
        utilization: 0.86,
        availableCores: 0.98,
        p50Ms: 2.4,
        p99Ms: 18,
      },
      ...{ processorMs: 0.5, requests: 8_500, failed: 0 },
    },
  ],
};
