import {
  exampleMeasurement,
  fitLatencyModel,
  highestRate,
  predictP99Ms,
  type LatencyModel,
} from '@fairlead/sizing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capacityOf, predictLateShare } from '../../src/queue/latency-model.ts';
import { measurementOf } from '../support/measure-queue.ts';
import { percentile, services, simulateQueue } from '../support/simulate-queue.ts';

const model = fitLatencyModel(exampleMeasurement);

describe('fitLatencyModel', () => {
  it.each([
    // The tail of constant service times falls faster than any that the model knows.
    ['constant', 0.4],
    ['exponential', 0.2],
    ['mixed', 0.2],
  ])(
    'predicts the measured 99th percentiles of %s service times within a share of %d',
    (name, tolerance) => {
      const measurement = measurementOf(services[name] ?? (() => NaN));
      const fitted = fitLatencyModel(measurement);
      for (const { offeredPerSecond, p99Ms } of measurement.points) {
        const predicted = predictP99Ms(fitted, { requestsPerSecond: offeredPerSecond, cores: 1 });
        expect(Math.abs(predicted / p99Ms - 1)).toBeLessThan(tolerance);
      }
    },
  );

  it('a more variable service has a larger variability', () => {
    const variability = (name: string): number => {
      const service = services[name];
      if (service === undefined) throw new Error(`no such service: ${name}`);
      return fitLatencyModel(measurementOf(service)).variability;
    };
    expect(variability('constant')).toBeLessThan(variability('exponential'));
    expect(variability('constant')).toBeGreaterThanOrEqual(0.5);
  });

  it('takes an M/M/1 queue where no load could be fitted', () => {
    expect(fitLatencyModel({ ...exampleMeasurement, points: [] }).variability).toBe(1);
  });

  it('rejects an impossible overhead', () => {
    expect(() => fitLatencyModel(exampleMeasurement, NaN)).toThrow(
      'multicoreOverhead must be a number from -0.9 to 10, got NaN.',
    );
  });
});

describe('highestRate', () => {
  it('keeps the goal, and a twentieth more does not', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.6, max: 64, noNaN: true }),
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        fc.double({ min: 16, max: 200, noNaN: true }),
        (cores, speed, goalMs) => {
          const host = { cores, speed };
          const requestsPerSecond = highestRate(model, host, goalMs);
          expect(predictP99Ms(model, { ...host, requestsPerSecond })).toBeLessThanOrEqual(goalMs);
          const more = requestsPerSecond * 1.05;
          const isOverloaded = more > capacityOf(model, host) * 0.95;
          const p99Ms = predictP99Ms(model, { ...host, requestsPerSecond: more });
          expect(isOverloaded || p99Ms > goalMs).toBe(true);
        },
      ),
    );
  });

  it('is 0 where the goal is below the latency with no load', () => {
    expect(highestRate(model, { cores: 64 }, 3.9)).toBe(0);
    expect(highestRate(model, { cores: 64, speed: 2 }, 3.9)).toBeGreaterThan(0);
  });
});

describe('predictLateShare', () => {
  it('is 1 % at the 99th percentile', () => {
    const host = { requestsPerSecond: 2_500, cores: 2 };
    expect(predictLateShare(model, host, predictP99Ms(model, host))).toBeCloseTo(0.01, 9);
  });

  it('is all of them on an overloaded host, or after a delay that exceeds the goal', () => {
    expect(predictLateShare(model, { requestsPerSecond: 9_000, cores: 2 }, 100)).toBe(1);
    expect(predictLateShare(model, { requestsPerSecond: 1, cores: 2 }, 100, 99)).toBe(1);
  });

  it('is close to that of a simulated queue', () => {
    const exponential: LatencyModel = {
      ...{ serviceMs: 1, idleP99Ms: 0, variability: 1, multicoreOverhead: 0 },
    };
    // 1,600 requests a second wait for 1 ms or more before two servers with a mean of 1 ms.
    const service = services.exponential ?? (() => NaN);
    const latencies = simulateQueue({ servers: 2, service, perSecond: 1_600 });
    const late = predictLateShare(exponential, { requestsPerSecond: 1_600, cores: 2 }, 10);
    // The simulated latency has the service time too, of which the model knows a p99 of 0: so it is an upper bound.
    const simulated = latencies.filter((each) => each > 10).length / latencies.length;
    expect(late).toBeLessThan(simulated);
    expect(late).toBeGreaterThan(simulated / 3);
    expect(percentile(latencies, 0.99)).toBeGreaterThan(5);
  });
});
