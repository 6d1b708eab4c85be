import { readPlan, requiredUnits, StepCounts, judgeRollout } from '@fairlead/rollout';
import { expect, test } from 'vitest';

const versions = { baseline: '3', candidate: '4' };

test('a plan needs as many users as its guardrails pass with, and no fewer', () => {
  const plan = readPlan({
    ...{ ...versions, steps: [{ share: 0.5, minMinutes: 1, minRequests: 1 }] },
    guardrails: { failures: { tolerated: 0.02 }, slow: { overMs: 100, tolerated: 0.05 } },
  });
  const needs = requiredUnits(plan);
  expect(needs.map(({ name, rate }) => [name, rate])).toEqual([
    ['failures', 0.02],
    ['slow', 0.05],
  ]);
  const judged = (users: number) => {
    const counts = new StepCounts({ rollout: 'churn-4', step: 0 });
    for (let user = 0; user < users; user += 1) {
      counts.add({ variant: 'candidate', key: `user-${user}`, events: ['computed'] });
      counts.add({ variant: 'baseline', key: `other-${user}`, events: ['computed'] });
    }
    const { guardrails } = judgeRollout({
      ...{ plan, step: 0, startedAt: 0, stepStartedAt: 0, counts: [counts], now: 600_000 },
    });
    return Object.fromEntries(guardrails.map(({ name, status }) => [name, status]));
  };
  for (const { name, units } of needs) {
    expect(judged(units - 1)[name]).toBe('undecided');
    expect(judged(units)[name]).toBe('passed');
  }
});

test('a shadow needs copies, an A/B test users of each version, and a plan without a tolerated rate nothing that is known before', () => {
  const shadow = readPlan({
    ...{ ...versions, kind: 'shadow', guardrails: { changedLabels: { max: 0.02 } } },
  });
  expect(requiredUnits(shadow).map(({ name }) => name)).toEqual(['failures', 'changedLabels']);
  const metrics = [
    { name: 'revenue', type: 'total' },
    { name: 'wait', type: 'mean', role: 'guardrail', smallest: 0.05 },
    { name: 'clicks', role: 'reported' },
  ] as const;
  const guardrails = { failures: { tolerated: 0 } };
  const outcomes = { users: 20_000, metrics };
  expect(
    requiredUnits(readPlan({ ...versions, kind: 'experiment', guardrails, outcomes })),
  ).toEqual([
    { name: 'revenue', units: 1000 },
    { name: 'wait', units: 100 },
  ]);
  expect(requiredUnits(readPlan({ ...versions, guardrails }))).toEqual([]);
});

test.each([
  [1, 'step 1 has lasted 0 of 1 minute'],
  [2, 'step 1 has lasted 0 of 2 minutes'],
])('the reason of a step of %d minutes has the right plural', (minMinutes, reason) => {
  const plan = readPlan({ ...versions, steps: [{ share: 0.5, minMinutes, minRequests: 1 }] });
  const counts = new StepCounts({ rollout: 'churn-4', step: 0 });
  counts.add({ variant: 'candidate', key: 'user-1', events: [] });
  const verdict = judgeRollout({
    ...{ plan, step: 0, startedAt: 0, stepStartedAt: 0, counts: [counts], now: 0 },
  });
  expect(verdict.reason).toBe(reason);
  expect(verdict.guardrails[0]?.explanation).toMatch(/^failures: none yet, with 1 user of the/);
});
