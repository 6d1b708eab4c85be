import {
  countOscillations,
  exampleMeasurement,
  fitLatencyModel,
  generateDay,
  simulateScaling,
  type SimulateScalingOptions,
  type Traffic,
} from '@fairlead/sizing';
import { describe, expect, it } from 'vitest';

const constant = (perSecond: number, hours = 6): Traffic => ({
  stepSeconds: 10,
  rates: Array.from({ length: hours * 360 }, () => perSecond),
});

const usual: SimulateScalingOptions = {
  traffic: generateDay({ peakPerSecond: 10_000 }),
  model: fitLatencyModel(exampleMeasurement),
  host: { cores: 1.7, speed: 1 },
  goalMs: 50,
  requestsPerTarget: 110_000,
  minHosts: 2,
  maxHosts: 40,
  warmUpSeconds: 62,
};

const simulate = (more: Partial<SimulateScalingOptions> = {}) =>
  simulateScaling({ ...usual, ...more });

describe('simulateScaling', () => {
  it('over ten days with bursts, serves 98.5 % within the goal with 70 % of the host-hours of the best fixed sizes, without an oscillation', () => {
    const days = Array.from({ length: 10 }, (_, index) =>
      simulate({ traffic: generateDay({ peakPerSecond: 10_000, seed: 1 + index }) }),
    );
    for (const { withinGoal, fixed } of days) {
      expect(withinGoal).toBeGreaterThan(0.985);
      expect(fixed.withinGoal).toBeGreaterThanOrEqual(withinGoal);
    }
    const ratios = days.map(({ hostHours, fixed }) => hostHours / fixed.hostHours);
    expect(ratios.reduce((sum, ratio) => sum + ratio, 0) / 10).toBeLessThan(0.7);
    expect(days.map(({ oscillations }) => oscillations)).toEqual(days.map(() => 0));
  });

  it('over a day without bursts, serves 99.99 % within the goal without an oscillation', () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const traffic = generateDay({ peakPerSecond: 10_000, bursts: 0, seed });
      const day = simulate({ traffic });
      expect(day.withinGoal).toBeGreaterThan(0.9999);
      expect(day.oscillations).toBe(0);
    }
  });

  it('the fixed size is the smallest one with that share: one host less has a smaller share', () => {
    const { fixed, withinGoal } = simulate();
    const held = (hosts: number): number =>
      simulate({ minHosts: hosts, maxHosts: hosts }).withinGoal;
    expect(held(fixed.hosts)).toBeCloseTo(fixed.withinGoal, 12);
    expect(held(fixed.hosts - 1)).toBeLessThan(withinGoal);
  });

  it('changes nothing where the traffic fits the hosts', () => {
    const { actions, hostHours } = simulate({ traffic: constant(3_500) });
    expect(actions).toEqual([]);
    expect(hostHours).toBe(12);
  });

  it('adds hosts after three minutes above the target and one until the metric is there; they serve after their warm-up', () => {
    const rates = [...constant(3_000, 1).rates, ...constant(6_000, 1).rates];
    const { actions } = simulate({ traffic: { stepSeconds: 10, rates } });
    expect(actions).toHaveLength(1);
    expect(actions[0]).toMatchObject({ from: 2, to: 4, second: 3600 + 4 * 60 });
    const slow = simulate({ traffic: { stepSeconds: 10, rates }, warmUpSeconds: 600 });
    expect(slow.withinGoal).toBeLessThan(
      simulate({ traffic: { stepSeconds: 10, rates } }).withinGoal,
    );
  });

  it('removes a tenth of the hosts every seven minutes, one at least, once fewer would have been enough for fifteen, and not to fewer than minHosts', () => {
    const rates = [...constant(44_000, 1).rates, ...constant(100, 4).rates];
    const { actions } = simulate({ traffic: { stepSeconds: 10, rates }, minHosts: 3 });
    expect(actions.map(({ from, to }) => [from, to]).slice(0, 4)).toEqual([
      [24, 22],
      [22, 20],
      [20, 18],
      [18, 17],
    ]);
    expect(actions.slice(0, 3).map(({ second }) => (second - 3600) / 60)).toEqual([16, 23, 30]);
    expect(actions.at(-1)).toMatchObject({ from: 4, to: 3 });
  });

  it('keeps a host without which the others would have 90 % of the target', () => {
    const after = (perSecond: number) =>
      simulate({
        traffic: {
          stepSeconds: 10,
          rates: [...constant(5_400, 1).rates, ...constant(perSecond, 1).rates],
        },
      }).actions.map(({ from, to }) => [from, to]);
    // 110,000 requests a minute are 1,833 a second: 90 % of them on two hosts are 3,300.
    expect(after(3_301)).toEqual([]);
    expect(after(3_299)).toEqual([[3, 2]]);
  });

  it('never exceeds maxHosts, and counts what waits too long as late', () => {
    const { mostHosts, withinGoal } = simulate({ traffic: constant(20_000), maxHosts: 3 });
    expect(mostHosts).toBe(3);
    expect(withinGoal).toBeLessThan(0.01);
  });

  it('recovers within seconds after an overload: requests that would wait for 10 seconds are refused', () => {
    const rates = [...constant(20_000, 1).rates, ...constant(2_000, 1).rates];
    const traffic = { stepSeconds: 10, rates };
    const { withinGoal } = simulate({ traffic, minHosts: 2, maxHosts: 2 });
    // One request of eleven arrives after the overload.
    expect(withinGoal).toBeGreaterThan(0.09);
  });

  it.each([
    ['many hosts', { peakPerSecond: 22_000 }, { requestsPerTarget: 43_260, maxHosts: 80 }],
    [
      'few hosts',
      { peakPerSecond: 100, nightShare: 0.1 },
      { requestsPerTarget: 3000, minHosts: 1 },
    ],
  ] as const)('never oscillates over thirty days of %s', (_name, day, numbers) => {
    for (let seed = 1; seed <= 30; seed++) {
      const { oscillations, actions } = simulate({
        ...numbers,
        traffic: generateDay({ ...day, seed }),
      });
      expect(oscillations).toBe(0);
      expect(actions.length).toBeGreaterThan(2);
    }
  });

  it.each([
    [{ minHosts: 0 }, 'minHosts must be an integer from 1'],
    [{ maxHosts: 1 }, 'maxHosts must be an integer from 2'],
    [{ requestsPerTarget: 0 }, 'requestsPerTarget must be'],
    [{ traffic: { stepSeconds: 10, rates: [] } }, 'traffic has no steps'],
    [{ warmUp: 60 }, 'unknown option "warmUp"'],
  ])('rejects %j', (more, message) => {
    expect(() => simulateScaling({ ...usual, ...(more as object) })).toThrow(message);
  });
});

describe('countOscillations', () => {
  const action = (second: number, from: number, to: number, requestsPerSecond: number) => ({
    ...{ second, from, to, requestsPerSecond },
  });

  it('counts an opposite action within an hour without a change of the traffic', () => {
    const actions = [action(0, 2, 3, 100), action(1000, 3, 2, 95), action(2000, 2, 3, 97)];
    expect(countOscillations(actions)).toBe(2);
  });

  it('counts none after an hour, after a change of the traffic, and in the same direction', () => {
    expect(countOscillations([action(0, 2, 3, 100), action(3601, 3, 2, 100)])).toBe(0);
    expect(countOscillations([action(0, 2, 3, 100), action(1000, 3, 2, 80)])).toBe(0);
    expect(countOscillations([action(0, 2, 3, 100), action(1000, 3, 4, 100)])).toBe(0);
    expect(countOscillations([])).toBe(0);
  });
});
