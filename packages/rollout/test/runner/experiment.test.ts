import {
  CountsReader,
  judgeState,
  type RolloutPlanInput,
  type StepCountsDocument,
} from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';
import { failing, SimulatedFleet } from '../support/fleet.ts';

const plan: Partial<RolloutPlanInput> = {
  kind: 'experiment',
  steps: [
    { share: 0.2, minMinutes: 5 },
    { share: 0.5, minMinutes: 10 },
  ],
  outcomes: { users: 20_000, metrics: [{ name: 'conversion' }] },
  guardrails: { failures: { tolerated: 0.02 } },
};

/** A number from 0 to 1 of a user. */
const chance = (user: number): number => (Math.imul(user, 2_654_435_761) >>> 0) / 2 ** 32;

/**
 * Minutes with new users, who convert by the version that answered; each outcome is delivered by one of the processes, many of them again by another one.
 */
async function run(
  fleet: SimulatedFleet,
  minutes: number,
  rates: Readonly<Record<string, number>>,
): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    if ((await fleet.state()).status === 'ended') return;
    for (let i = 0; i < 400; i += 1) {
      const user = fleet.now * 10 + i;
      const version = fleet.request(user, {});
      if (chance(user) >= (rates[version] ?? 0)) continue;
      const outcome = { key: `user-${user}`, metric: 'conversion', value: 1, at: fleet.now };
      const deliveries = 1 + Math.floor(fleet.random.uniform() * 3);
      for (let delivery = 0; delivery < deliveries; delivery += 1) {
        const process = fleet.runners[Math.floor(fleet.random.uniform() * fleet.runners.length)];
        process?.addOutcomes('churn', [{ ...outcome, at: fleet.now + delivery * 1000 }]);
      }
    }
    if (minute === 8) {
      // One process stops, and another one starts.
      await fleet.runners.pop()?.close();
      fleet.runners.push(fleet.open());
    }
    await fleet.run(1, { requests: 0 });
  }
}

/** Verdict on the counts of the fleet, read by another process. */
async function readOutcomes(fleet: SimulatedFleet) {
  const state = await fleet.state();
  const reader = new CountsReader(fleet.objects, state, (error) => fleet.errors.push(error));
  return judgeState(state, await reader.read(fleet.now), fleet.now);
}

describe('an A/B test of a fleet', () => {
  it('promotes the version with more conversions, although outcomes are delivered again and a process is replaced', async () => {
    const fleet = new SimulatedFleet(1);
    await fleet.start(plan);
    await run(fleet, 60, { '3': 0.1, '4': 0.16 });
    const state = await fleet.state();
    expect(state).toMatchObject({ result: 'promoted', step: 1 });
    expect(state.entries.at(-1)?.reason).toMatch(/^conversion: \+/);
    expect([fleet.champion, fleet.promotions, fleet.errors]).toEqual(['4', 1, []]);
    const [conversion] = (await readOutcomes(fleet)).outcomes ?? [];
    // Each user once: the rates are right.
    expect(Math.abs((conversion?.means.candidate.estimate ?? 0) - 0.16)).toBeLessThan(0.02);
    expect(Math.abs((conversion?.means.baseline.estimate ?? 0) - 0.1)).toBeLessThan(0.02);
    await fleet.close();
  });

  it('rolls back the version with fewer conversions', async () => {
    const fleet = new SimulatedFleet(2);
    await fleet.start(plan);
    await run(fleet, 60, { '3': 0.16, '4': 0.1 });
    const state = await fleet.state();
    expect(state.result).toBe('rolled back');
    expect(state.entries.at(-1)?.reason).toMatch(/^conversion: −/);
    expect(fleet.champion).toBe('3');
    await fleet.close();
  });

  it('ends as undecided after the longest time, and the baseline stays', async () => {
    const fleet = new SimulatedFleet(3);
    await fleet.start({ ...plan, maxHours: 0.5 });
    await run(fleet, 40, { '3': 0.1, '4': 0.1 });
    const state = await fleet.state();
    expect(state.result).toBe('undecided');
    expect(state.entries.at(-1)?.reason).toMatch(
      /^undecided after 0.5 hours, version 3 stays: conversion: /,
    );
    expect(fleet.champion).toBe('3');
    await fleet.close();
  });

  it('ends by a candidate that fails, regardless of its conversions', async () => {
    const fleet = new SimulatedFleet(4);
    await fleet.start(plan);
    await fleet.run(20, { answers: { '4': failing(0.03) } });
    const state = await fleet.state();
    expect(state.result).toBe('rolled back');
    expect(state.entries.at(-1)?.reason).toMatch(/^failures: /);
    await fleet.close();
  });

  it('counts no outcome of another metric, from before the test, of a canary, or after the end', async () => {
    const fleet = new SimulatedFleet(5, 1);
    const [runner] = fleet.runners;
    const outcome = { key: 'user-1', metric: 'conversion', value: 1, at: fleet.now };
    const add = (change: Partial<typeof outcome>, model = 'churn') =>
      runner?.addOutcomes(model, [{ ...outcome, at: fleet.now, ...change }]);
    expect(add({})).toBe(0);
    await fleet.start();
    expect(add({})).toBe(0);
    await fleet.log().change({ type: 'ended', result: 'aborted', actor: 'ada', reason: '' });
    await fleet.start(plan);
    expect(add({})).toBe(1);
    // A conversion of 0 is no outcome that hides a later one.
    expect(add({ value: 0 })).toBe(1);
    await runner?.flush();
    const stored = [...fleet.objects.bodies].filter(([key]) => key.includes('/counts/'));
    const { outcomes } = JSON.parse(
      new TextDecoder().decode(stored.at(-1)?.[1]),
    ) as StepCountsDocument;
    expect(
      Buffer.from(outcomes?.metrics.conversion?.outcomes ?? '', 'base64').readDoubleLE(8),
    ).toBe(1);
    expect(() => add({ value: Infinity })).toThrow('StepCounts: value must be a number from');
    expect(add({ metric: 'revenue' })).toBe(0);
    expect(add({ at: fleet.now - 1 })).toBe(0);
    expect(add({}, 'other')).toBe(0);
    await fleet.log().change({ type: 'ended', result: 'aborted', actor: 'ada', reason: '' });
    await fleet.poll();
    expect(add({})).toBe(0);
    await fleet.close();
  });
});
