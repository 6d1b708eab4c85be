import {
  calibrate,
  exampleMeasurement,
  publishedInstances,
  recommend,
  type RecommendOptions,
} from '@fairlead/sizing';
import { describe, expect, it } from 'vitest';

const GIBIBYTE = 1024 ** 3;

const usual: RecommendOptions = {
  measurement: exampleMeasurement,
  instances: publishedInstances,
  requestsPerSecond: 5_000,
  p99Ms: 50,
};

/** Sizes one type: the others have no price. */
function sized(type: string, more: Partial<RecommendOptions> = {}) {
  const types = publishedInstances.types.map((each) =>
    each.type === type ? each : { ...each, pricePerHour: {} },
  );
  return recommend({ ...usual, instances: { ...publishedInstances, types }, ...more }).best;
}

describe('recommend', () => {
  it('chooses the cheapest hosts, and names second choices of both architectures, also without burstable types', () => {
    const { best, others } = recommend(usual);
    expect(others.length).toBeGreaterThanOrEqual(4);
    for (const other of others) expect(other.monthlyCost).toBeGreaterThanOrEqual(best.monthlyCost);
    for (const architecture of ['arm64', 'x86_64']) {
      const same = [best, ...others].filter((each) => each.architecture === architecture);
      expect(same.some(({ burstable }) => !burstable)).toBe(true);
    }
  });

  it('has enough hosts at the peak when one failed, at the pessimistic end of the errors', () => {
    const host = sized('c8g.large');
    const peak = 10_000;
    expect((host.hosts - 1) * host.requestsPerSecondPerHost).toBeGreaterThanOrEqual(peak);
    expect((host.hosts - 2) * host.requestsPerSecondPerHost).toBeLessThan(peak);
    const optimistic = (host.hostsRange.low - 1) * host.requestsPerSecondPerHostRange.high;
    expect(optimistic).toBeGreaterThanOrEqual(peak);
    expect(host.hostsRange.low).toBeLessThan(host.hosts);
    expect(host.monthlyCostRange.low).toBeLessThan(host.monthlyCost);
  });

  it('costs the price of its hosts for 730 hours', () => {
    const { hosts, monthlyCost } = sized('c8g.large');
    expect(monthlyCost).toBeCloseTo(hosts * 0.0907 * 730, 6);
    const us = sized('c8g.large', { region: 'us-east-1' });
    expect(us.monthlyCost).toBeCloseTo(us.hosts * 0.07976 * 730, 6);
  });

  it('adds the surcharge of a burstable type above its baseline, and none below', () => {
    const busy = sized('t4g.large', { peakFactor: 1, spareHosts: 0 });
    expect(busy.monthlyCost).toBeGreaterThan(busy.hosts * 0.0768 * 730);
    const quiet = sized('t4g.large', { requestsPerSecond: 100 });
    expect(quiet.monthlyCost).toBeCloseTo(quiet.hosts * 0.0768 * 730, 6);
  });

  it('needs more hosts for more traffic, a higher peak, a lower goal, more spare hosts', () => {
    const { hosts } = sized('m8g.large');
    expect(sized('m8g.large', { requestsPerSecond: 10_000 }).hosts).toBeGreaterThan(hosts);
    expect(sized('m8g.large', { peakFactor: 4 }).hosts).toBeGreaterThan(hosts);
    expect(sized('m8g.large', { p99Ms: 12 }).hosts).toBeGreaterThan(hosts);
    expect(sized('m8g.large', { spareHosts: 3 }).hosts).toBe(hosts + 2);
  });

  it('the range is narrower on the measured processor than on another architecture, and wider from an unknown one', () => {
    const width = (type: string, more: Partial<RecommendOptions> = {}): number => {
      const { low, high } = sized(type, {
        region: 'us-east-1',
        ...more,
      }).requestsPerSecondPerHostRange;
      return high / low;
    };
    expect(width('m7a.large')).toBeLessThan(width('m7i.large'));
    expect(width('m7i.large')).toBeLessThan(width('m8g.large'));
    const { processor: _, ...machine } = exampleMeasurement.machine;
    const unknown = { measurement: { ...exampleMeasurement, machine } };
    expect(width('m8g.large')).toBeLessThan(width('m8g.large', unknown));
    expect(width('m8g.large', { ...unknown, measuredOn: 'm7g.large' })).toBeLessThan(
      width('m8g.large'),
    );
  });

  it('a calibration replaces the usual errors by its own, and its overhead of several cores', () => {
    const { saturation } = exampleMeasurement;
    const check = {
      ...saturation,
      availableCores: 2,
      requestsPerSecond: 3_478,
      processorMs: 0.575,
    };
    const calibration = calibrate(exampleMeasurement, { cores: 2, saturation: check, points: [] });
    const { errors } = recommend({ ...usual, calibration });
    // It has no step with a load: the error of the p99 stays the usual one.
    expect(errors).toMatchObject({
      ...{ throughput: 0.05, latency: 1 },
      ...{ calibrated: true, latencyCalibrated: false },
    });
    expect(recommend(usual).errors).toMatchObject({ throughput: 0.25, calibrated: false });
    expect(sized('m7g.large', { calibration }).hosts).toBeLessThan(sized('m7g.large').hosts);
  });

  it('a larger error of the p99, or a higher overhead of several cores, leaves fewer requests for a host', () => {
    const { saturation, points } = exampleMeasurement;
    const measured = calibrate(exampleMeasurement, { cores: 2, saturation, points });
    const rate = (latencyError: number, multicoreOverhead: number): number => {
      const calibration = { ...measured, throughputError: 0, latencyError, multicoreOverhead };
      return sized('m7g.large', { calibration, p99Ms: 20 }).requestsPerSecondPerHost;
    };
    expect(rate(0.1, 0.15)).toBeGreaterThan(rate(0.8, 0.15));
    expect(rate(0.1, 0.15)).toBeGreaterThan(rate(0.1, 0.6));
  });

  it('rejects types without the memory for one process', () => {
    const large = { ...exampleMeasurement, memoryBytes: 4 * GIBIBYTE };
    const { best, rejected } = recommend({ ...usual, measurement: large });
    expect(rejected).toContainEqual({
      type: 'c8g.large',
      reason: 'one process needs 6.0 of its 4.0 GiB of memory',
    });
    expect(best.memoryBytes).toBeGreaterThan(6 * GIBIBYTE);
  });

  it('takes the number of processes from a function, which gets cores and memory', () => {
    const { processes } = sized('m8g.xlarge', {
      processesFor: ({ cores, memoryBytes, processBytes }) =>
        cores + Math.floor(memoryBytes / processBytes / 100),
    });
    expect(processes).toBe(4);
    expect(sized('m8g.xlarge').processes).toBe(4);
  });

  it('a new host needs a minute and the load time of the model, which a faster processor shortens', () => {
    const slow = { ...exampleMeasurement, loadMs: 60_000 };
    const warmUp = (type: string): number => sized(type, { measurement: slow }).warmUpSeconds;
    expect(warmUp('c8g.large')).toBeLessThan(warmUp('t3.large'));
    expect(warmUp('c8g.large')).toBe(60 + Math.ceil((60 * 1.73) / 1.82));
  });

  it('requestsPerTarget is 70 % of what a host serves within the goal, in a minute', () => {
    const { requestsPerTarget, requestsPerSecondPerHost } = sized('c8g.large');
    expect(requestsPerTarget).toBe(Math.floor(requestsPerSecondPerHost * 0.7 * 60));
  });

  it.each([
    [
      { p99Ms: 1 },
      'ERR_SIZING_GOAL_UNREACHABLE',
      'keeps a p99 of 1 ms: with no load it was 4.0 ms',
    ],
    [{ region: 'mars-1' }, 'ERR_SIZING_INVALID_OPTION', 'fairlead size --refresh --region mars-1'],
    [{ measuredOn: 'm8g.lrage' }, 'ERR_SIZING_INVALID_OPTION', 'measuredOn "m8g.lrage"'],
    [{ requestsPerSecond: -1 }, 'ERR_SIZING_INVALID_OPTION', 'requestsPerSecond must be'],
    [{ peakFactor: 0.5 }, 'ERR_SIZING_INVALID_OPTION', 'peakFactor must be'],
    [{ spareHosts: 1.5 }, 'ERR_SIZING_INVALID_OPTION', 'spareHosts must be an integer'],
    [{ p99: 50 }, 'ERR_SIZING_INVALID_OPTION', 'Did you mean `p99Ms`?'],
  ])('rejects %j', (more, code, message) => {
    expect(() => recommend({ ...usual, ...more })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }),
    );
  });
});
