import {
  CountsReader,
  judgeState,
  type RolloutPlanInput,
  storeOutcomes,
  type OutcomeResults,
  type RolloutOutcome,
  type StepCountsDocument,
  type UncountedReason,
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

const none: OutcomeResults = {
  ...{ counted: 0, no_test: 0, unknown_metric: 0, before_start: 0, unknown_user: 0 },
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

/** Users with an outcome, in the counts of the fleet. */
async function reportedUsers(fleet: SimulatedFleet): Promise<number> {
  const [conversion] = (await readOutcomes(fleet)).outcomes ?? [];
  const { candidate = 0, baseline = 0 } = conversion?.reported ?? {};
  return candidate + baseline;
}

/** Conversions of keys, now. */
const conversionsOf = (keys: readonly string[], at: number): readonly RolloutOutcome[] =>
  keys.map((key) => ({ key, metric: 'conversion', value: 1, at }));

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

describe('outcomes of users without an answer', () => {
  const test: Partial<RolloutPlanInput> = { ...plan, steps: [{ share: 0.5, minMinutes: 5 }] };

  it('neither make the test a sample, nor take the place of those of users', async () => {
    const fleet = new SimulatedFleet(6, 2);
    await fleet.start(test);
    const [first, second] = fleet.runners;
    for (const user of range(400)) fleet.request(user, {});
    let refused = 0;
    for (const request of range(20)) {
      const keys = range(10_000).map((i) => `attack-${request}-${i}`);
      const added = first?.addOutcomes('churn', conversionsOf(keys, fleet.now));
      refused += added?.uncounted.find(({ reason }) => reason === 'unknown_user')?.outcomes ?? 0;
    }
    // Some keys have the hash of another one.
    const most = 200_000 - 65_536;
    expect(refused).toBeGreaterThan(most - 10);
    expect(refused).toBeLessThanOrEqual(most);
    await fleet.run(1, { requests: 0 });
    // Users whom the other process answered are known by now.
    const users = range(400).map((user) => `user-${user}`);
    const added = first?.addOutcomes('churn', conversionsOf(users, fleet.now));
    expect(added).toEqual({ counted: 400, waiting: 0, uncounted: [] });
    await fleet.run(1, { requests: 0 });
    expect(await reportedUsers(fleet)).toBe(400);
    expect(
      Math.max(...[...fleet.objects.bodies.values()].map(({ length }) => length)),
    ).toBeLessThan(50_000);
    // After five minutes they are replaced by later ones, and after two hours they are dropped.
    expect(first?.outcomes[0]).toMatchObject({ waiting: 65_536 });
    await fleet.run(4, { requests: 0 });
    const late = first?.addOutcomes('churn', conversionsOf(['user-late'], fleet.now));
    expect(late).toEqual({ counted: 0, waiting: 1, uncounted: [] });
    expect(first?.outcomes[0]?.results.unknown_user).toBe(refused + 1);
    await fleet.run(125, { requests: 0 });
    const unknown = { unknown_user: refused + 65_537 };
    expect(first?.outcomes).toEqual([
      { model: 'churn', results: { ...none, counted: 400, ...unknown }, waiting: 0 },
    ]);
    expect(second?.outcomes).toEqual([{ model: 'churn', results: none, waiting: 0 }]);
    expect(fleet.errors).toEqual([]);
    await fleet.close();
  });

  it('count as soon as the answer of another process is known, also where the process stops before', async () => {
    const fleet = new SimulatedFleet(7, 2);
    await fleet.start(test);
    const [first, second] = fleet.runners;
    const add = (user: number) =>
      second?.addOutcomes('churn', conversionsOf([`user-${user}`], fleet.now));
    fleet.runners = first === undefined ? [] : [first];
    for (const user of range(3)) fleet.request(user, {});
    expect(add(0)).toEqual({ counted: 0, waiting: 1, uncounted: [] });
    expect(add(0)).toEqual({ counted: 0, waiting: 1, uncounted: [] });
    expect(second?.outcomes).toEqual([{ model: 'churn', results: none, waiting: 1 }]);
    await first?.flush();
    await second?.judge();
    expect(second?.outcomes).toEqual([
      { model: 'churn', results: { ...none, counted: 1 }, waiting: 0 },
    ]);
    await second?.flush();
    expect(await reportedUsers(fleet)).toBe(1);
    fleet.request(5, {});
    add(5);
    await second?.close();
    await first?.flush();
    expect(await reportedUsers(fleet)).toBe(2);
    await fleet.close();
  });

  it('of a file are left out, and those of others are stored', async () => {
    const fleet = new SimulatedFleet(8);
    const state = await fleet.start(test);
    for (const user of range(50)) fleet.request(user, {});
    await fleet.run(1, { requests: 0 });
    const outcomes = conversionsOf(
      range(5000).map((user) => `user-${user}`),
      fleet.now,
    );
    const options = { objects: fleet.objects, writer: 'import', now: fleet.now };
    const expected = {
      ...{ counted: 50, waiting: 0 },
      uncounted: [{ reason: 'unknown_user', outcomes: 4950 }],
    };
    const before = fleet.objects.bodies.size;
    expect(await storeOutcomes(state, outcomes, { ...options, dryRun: true })).toEqual(expected);
    expect(fleet.objects.bodies.size).toBe(before);
    expect(await storeOutcomes(state, outcomes, options)).toEqual(expected);
    expect(await reportedUsers(fleet)).toBe(50);
    // Where the users aren't known completely, no outcome is lost.
    const [damaged = ''] = [...fleet.objects.bodies.keys()].filter((key) =>
      key.includes('/counts/'),
    );
    fleet.objects.bodies.set(damaged, new TextEncoder().encode('{'));
    expect(await storeOutcomes(state, outcomes, { ...options, writer: 'again' })).toEqual({
      ...{ counted: 5000, waiting: 0, uncounted: [] },
    });
    await fleet.close();
  });

  it('that are sampled out are counted, and not stored', async () => {
    const fleet = new SimulatedFleet(9, 1);
    await fleet.start(test);
    for (const user of range(200_000)) fleet.request(user, {});
    const users = range(1000).map((user) => `user-${user}`);
    const added = fleet.runners[0]?.addOutcomes('churn', conversionsOf(users, fleet.now));
    expect(added).toEqual({ counted: 1000, waiting: 0, uncounted: [] });
    await fleet.run(1, { requests: 0 });
    const { outcomes } = await readOutcomes(fleet);
    const reported = await reportedUsers(fleet);
    expect(reported).toBeGreaterThan(400);
    expect(reported).toBeLessThan(600);
    expect(outcomes?.[0]?.users.candidate).toBeGreaterThan(45_000);
    await fleet.close();
  });
});

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
    const uncounted = (reason: UncountedReason, metric?: string) => ({
      ...{ counted: 0, waiting: 0 },
      uncounted: [{ reason, ...(metric !== undefined && { metric }), outcomes: 1 }],
    });
    const counted = { counted: 1, waiting: 0, uncounted: [] };
    expect(add({})).toEqual(uncounted('no_test'));
    await fleet.start();
    expect(add({})).toEqual(uncounted('no_test'));
    await fleet.log().change({ type: 'ended', result: 'aborted', actor: 'ada', reason: '' });
    await fleet.start(plan);
    fleet.request(1, {});
    expect(add({})).toEqual(counted);
    // A conversion of 0 is no outcome that hides a later one.
    expect(add({ value: 0 })).toEqual(counted);
    await runner?.flush();
    const stored = [...fleet.objects.bodies].filter(([key]) => key.includes('/counts/'));
    const { outcomes } = JSON.parse(
      new TextDecoder().decode(stored.at(-1)?.[1]),
    ) as StepCountsDocument;
    expect(
      Buffer.from(outcomes?.metrics.conversion?.outcomes ?? '', 'base64').readDoubleLE(8),
    ).toBe(1);
    expect(() => add({ value: Infinity })).toThrow('StepCounts: value must be a number from');
    expect(() => add({ value: Infinity, key: 'user-2' })).toThrow('StepCounts: value must be');
    expect(add({ metric: 'revenue' })).toEqual(uncounted('unknown_metric', 'revenue'));
    expect(add({ at: fleet.now - 1 })).toEqual(uncounted('before_start'));
    expect(add({}, 'other')).toEqual(uncounted('no_test'));
    await fleet.log().change({ type: 'ended', result: 'aborted', actor: 'ada', reason: '' });
    await fleet.poll();
    expect(add({})).toEqual(uncounted('no_test'));
    const results = { counted: 2, no_test: 3, unknown_metric: 1, before_start: 1, unknown_user: 0 };
    expect(runner?.outcomes).toEqual([
      { model: 'churn', results, waiting: 0 },
      { model: 'other', results: { ...none, no_test: 1 }, waiting: 0 },
    ]);
    await fleet.close();
  });
});
