import { readPlan, type RolloutPlanInput } from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';

const versions = { kind: 'experiment', baseline: '3', candidate: '4' } as const;
const one = { users: 20_000, metrics: [{ name: 'conversion' }] };

describe('readPlan of an A/B test', () => {
  it('fills in the defaults', () => {
    const plan = readPlan({ ...versions, outcomes: one });
    expect(plan).toMatchObject({
      ...{ unit: 'key', maxHours: 672 },
      steps: [{ share: 0.5, minMinutes: 1440, minRequests: 100 }],
      outcomes: {
        users: 20_000,
        metrics: [
          {
            ...{ name: 'conversion', type: 'conversion', better: 'higher', smallest: 0 },
            ...{ role: 'primary', minUsers: 100 },
          },
        ],
      },
    });
    expect(readPlan(JSON.parse(JSON.stringify(plan)) as RolloutPlanInput)).toEqual(plan);
  });

  it('has the primary metric first, and lets only the last step of a ramp last for a day', () => {
    const { outcomes, steps } = readPlan({
      ...versions,
      steps: [{ share: 0.05 }, { share: 0.5 }],
      outcomes: {
        users: 400,
        metrics: [
          { name: 'revenue', type: 'total', role: 'guardrail' },
          { name: 'wait', type: 'mean', better: 'lower', role: 'primary', smallest: 0.02 },
          { name: 'clicks' },
        ],
      },
    });
    expect(
      outcomes?.metrics.map(({ name, role, smallest, minUsers }) => [
        name,
        role,
        smallest,
        minUsers,
      ]),
    ).toEqual([
      ['wait', 'primary', 0.02, 100],
      ['revenue', 'guardrail', 0.05, 1000],
      ['clicks', 'reported', 0, 100],
    ]);
    expect(steps.map(({ minMinutes }) => minMinutes)).toEqual([10, 1440]);
  });

  const metrics = (...given: readonly object[]) => ({
    outcomes: { ...one, metrics: given.map((each) => ({ name: 'conversion', ...each })) },
  });
  it.each<[string, object, string]>([
    [
      'no outcomes',
      { outcomes: undefined },
      'an experiment needs outcomes, such as { "users": 20000, "metrics": [{ "name": "conversion" }] }.',
    ],
    [
      'a split by request',
      { unit: 'request' },
      'unit is "request", but an A/B test counts users. Use "key".',
    ],
    [
      'outcomes of a canary',
      { kind: 'canary' },
      'outcomes are for an A/B test, and the kind is "canary". Use "experiment".',
    ],
    [
      'six steps',
      { steps: [1, 2, 3, 4, 5, 6].map((share) => ({ share: share / 100 })) },
      'steps must be a list of 1 to 5',
    ],
    [
      'an unknown field',
      { outcomes: { ...one, metric: [] } },
      'outcomes has an unknown field "metric"; did you mean metrics?',
    ],
    [
      'few users',
      { outcomes: { ...one, users: 399 } },
      'outcomes.users must be a number from 400 to 10000000000, got 399.',
    ],
    ['no users', { outcomes: { ...one, users: undefined } }, 'outcomes.users must be a number'],
    ['no metric', metrics(), 'outcomes.metrics must be a list of 1 to 4, such as'],
    [
      'five metrics',
      metrics(...Array.from({ length: 5 }, () => ({}))),
      'outcomes.metrics must be a list of 1 to 4, such as',
    ],
    [
      'a metric that is null',
      { outcomes: { ...one, metrics: [null] } },
      'outcomes.metrics[0] must be an object, got null.',
    ],
    [
      'a name with a space',
      metrics({ name: 'a b' }),
      'outcomes.metrics[0].name must be a name such as "conversion", of letters, digits, ".", "_" and "-", got "a b".',
    ],
    ['a name twice', metrics({}, {}), 'outcomes.metrics[1].name is "conversion" again.'],
    [
      'two primary ones',
      metrics({ role: 'primary' }, { name: 'x', role: 'primary' }),
      'outcomes.metrics has more than one primary one, "conversion" and "x"; one decides.',
    ],
    [
      'no primary one',
      metrics({ role: 'guardrail' }),
      'outcomes.metrics has no primary one, which decides. Leave out the role of the first one.',
    ],
    [
      'another type',
      metrics({ type: 'median' }),
      'outcomes.metrics[0].type must be "conversion" or "total" or "mean", got "median".',
    ],
    [
      'another direction',
      metrics({ better: 'more' }),
      'outcomes.metrics[0].better must be "higher" or "lower", got "more".',
    ],
    [
      'a negative change',
      metrics({ smallest: -0.1 }),
      'outcomes.metrics[0].smallest must be a number from 0 to 10, got -0.1.',
    ],
    [
      'a guardrail without tolerance',
      metrics({}, { name: 'x', role: 'guardrail', smallest: 0 }),
      'outcomes.metrics[1].smallest must be a number from 0.001 to 10, got 0.',
    ],
    [
      'a single user',
      metrics({ minUsers: 1 }),
      'outcomes.metrics[0].minUsers must be an integer from 2, got 1.',
    ],
  ])('rejects %s', (_, change, message) => {
    const input = { ...versions, outcomes: one, ...change } as RolloutPlanInput;
    expect(() => readPlan(input)).toThrow(`The plan of the rollout: ${message}`);
  });
});
