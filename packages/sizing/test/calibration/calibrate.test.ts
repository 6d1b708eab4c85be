import { calibrate, exampleMeasurement } from '@fairlead/sizing';
import { describe, expect, it } from 'vitest';
import { DEFAULT_MULTICORE_OVERHEAD } from '../../src/queue/latency-model.ts';
import { measureQueue, measurementOf } from '../support/measure-queue.ts';
import { services, type ServiceTime } from '../support/simulate-queue.ts';

/** Two cores on which each request takes as much more time as the model assumes. */
function checkOf(service: ServiceTime) {
  const { points, saturation } = measureQueue(service, 2);
  const slower = 1 + DEFAULT_MULTICORE_OVERHEAD;
  return {
    cores: 2,
    saturation: {
      ...saturation,
      requestsPerSecond: saturation.requestsPerSecond / slower,
      processorMs: slower,
    },
    points: points.map((point) => ({
      ...point,
      offeredPerSecond: point.offeredPerSecond / slower,
      p50Ms: point.p50Ms * slower,
      p99Ms: point.p99Ms * slower,
    })),
  };
}

describe('calibrate', () => {
  it.each(Object.entries(services))(
    'from one simulated core with %s service times, the 99th percentiles on two are predicted within a factor of 1.4',
    (_name, service) => {
      const calibration = calibrate(measurementOf(service), checkOf(service));
      expect(calibration.throughputError).toBeLessThan(1e-9);
      expect(calibration.rows).toHaveLength(4);
      for (const { predicted, measured } of calibration.rows) {
        expect(Math.max(predicted / measured, measured / predicted)).toBeLessThan(1.4);
      }
      expect(calibration.multicoreOverhead).toBeCloseTo(DEFAULT_MULTICORE_OVERHEAD, 9);
    },
  );

  it('shows that a second core does not help, and how wrong the prediction was', () => {
    const service = services.exponential ?? (() => NaN);
    const check = checkOf(service);
    const halved = { ...check.saturation, requestsPerSecond: 1_000, processorMs: 2 };
    const calibration = calibrate(measurementOf(service), { ...check, saturation: halved });
    expect(calibration.rows[0]?.error).toBeCloseTo(-0.425, 3);
    expect(calibration.throughputError).toBeCloseTo(0.425, 3);
    expect(calibration.multicoreOverhead).toBe(1);
  });

  it('takes the larger error of two', () => {
    const [point] = exampleMeasurement.points;
    if (point === undefined) throw new Error('no point');
    const { saturation } = exampleMeasurement;
    const points = [point, { ...point, p99Ms: point.p99Ms * 5 }];
    const one = calibrate(exampleMeasurement, { cores: 2, saturation, points: [point] });
    const two = calibrate(exampleMeasurement, { cores: 2, saturation, points });
    expect(two.latencyError).toBeGreaterThan((one.latencyError ?? NaN) + 1);
  });

  it('leaves out steps that were overloaded: they have no steady state', () => {
    const [point] = exampleMeasurement.points;
    if (point === undefined) throw new Error('no point');
    const { saturation } = exampleMeasurement;
    const check = { cores: 2, saturation, points: [{ ...point, offeredPerSecond: 1e6 }] };
    expect(calibrate(exampleMeasurement, check).rows).toHaveLength(1);
    expect(calibrate(exampleMeasurement, check).latencyError).toBeUndefined();
  });
});
