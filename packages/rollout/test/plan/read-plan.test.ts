import { readPlan, type RolloutPlanInput } from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';

const versions = { baseline: '3', candidate: '4' };

describe('readPlan', () => {
  it('fills in the defaults', () => {
    expect(readPlan(versions)).toEqual({
      kind: 'canary',
      alias: 'champion',
      ...versions,
      unit: 'key',
      steps: [0.01, 0.1, 0.5].map((share) => ({ share, minMinutes: 10, minRequests: 100 })),
      guardrails: { failures: { margin: 0.5, tolerated: 0.005 } },
      alpha: 0.05,
      maxHours: 168,
    });
    expect(readPlan({ ...versions, kind: 'shadow' }).steps.map(({ share }) => share)).toEqual([
      0.1,
    ]);
  });

  it('keeps what is given, and reads its own result', () => {
    const plan = readPlan({
      ...versions,
      kind: 'shadow',
      unit: 'request',
      steps: [{ share: 0.2, minMinutes: 0, minRequests: 5 }, { share: 1 }],
      guardrails: {
        failures: { margin: 1, tolerated: 0 },
        changedLabels: { max: 0.02 },
      },
      alpha: 0.01,
      maxHours: 2,
    });
    expect(plan.guardrails).toEqual({
      failures: { margin: 1, tolerated: 0 },
      changedLabels: { max: 0.02 },
    });
    const canary = readPlan({
      ...versions,
      guardrails: { slow: { overMs: 250, margin: 2 }, labels: { margin: 0.1 } },
    });
    expect(canary.guardrails).toMatchObject({
      slow: { overMs: 250, margin: 2, tolerated: 0.005 },
      labels: { margin: 0.1 },
    });
    expect(plan.steps[1]).toEqual({ share: 1, minMinutes: 10, minRequests: 100 });
    expect(readPlan(plan)).toEqual(plan);
    expect(readPlan(JSON.parse(JSON.stringify(plan)) as RolloutPlanInput)).toEqual(plan);
  });

  it.each<[string, object, string]>([
    [
      'an unknown field',
      { guardrail: {} },
      'plan has an unknown field "guardrail"; did you mean guardrails?',
    ],
    [
      'an unknown guardrail',
      { guardrails: { zzzzzzzz: {} } },
      'guardrails has an unknown field "zzzzzzzz"; it may have failures, slow, labels, changedLabels.',
    ],
    [
      'another kind',
      { kind: 'blue-green' },
      'kind must be "canary" or "shadow" or "experiment", got "blue-green".',
    ],
    [
      'an alias that is no name',
      { alias: 'Main branch' },
      'alias must be a name such as "champion", got "Main branch".',
    ],
    [
      'the same version',
      { candidate: '3' },
      'candidate is version 3, which is the baseline. Name another version.',
    ],
    [
      'a version that is no number',
      { candidate: 'v4' },
      'candidate must be a version such as "4", got "v4".',
    ],
    ['no step', { steps: [] }, 'steps must be a list of 1 to 20, such as [{ "share": 0.1 }], got'],
    [
      'too many steps',
      { steps: Array.from({ length: 21 }, (_, i) => ({ share: (i + 1) / 100 })) },
      'steps must be a list of 1 to 20',
    ],
    [
      'a share of everything',
      { steps: [{ share: 1 }] },
      'steps[0].share must be a number from 0.0001 to 0.9999, got 1.',
    ],
    [
      'percent',
      { steps: [{ share: 10 }] },
      'steps[0].share must be a number from 0.0001 to 0.9999, got 10.',
    ],
    [
      'a share that shrinks',
      { steps: [{ share: 0.2 }, { share: 0.1 }] },
      'steps[1].share is 0.1; it must be more than the 0.2 before it.',
    ],
    [
      'half a request',
      { steps: [{ share: 0.1, minRequests: 0.5 }] },
      'steps[0].minRequests must be an integer from 1, got 0.5.',
    ],
    [
      'no duration of slow requests',
      { guardrails: { slow: {} } },
      'guardrails.slow.overMs must be a number from 0.001 to 86400000, got undefined.',
    ],
    [
      'changed labels of a canary',
      { guardrails: { changedLabels: {} } },
      'guardrails.changedLabels needs a shadow, which answers the same requests. Use labels.',
    ],
    [
      'slow requests of a shadow',
      { kind: 'shadow', guardrails: { slow: { overMs: 1 } } },
      "guardrails.slow isn't for a shadow, which runs after all other requests. Use a canary.",
    ],
    [
      'labels of a shadow',
      { kind: 'shadow', guardrails: { labels: {} } },
      "guardrails.labels isn't for a shadow, which answers the same requests. Use changedLabels.",
    ],
    ...[
      [],
      [0.5, 0.5],
      [0.5, 0.2],
      ['0.5'],
      [NaN],
      0.5,
      Array.from({ length: 23 }, (_, i) => i),
    ].map(
      (edges) =>
        [
          `limits ${String(edges)} of scores`,
          { guardrails: { labels: { edges: edges as number[] } } },
          'guardrails.labels.edges must be 1 to 22 ascending numbers, such as [0.25, 0.5, 0.75], got ',
        ] satisfies [string, object, string],
    ),
    [
      'a margin beyond what is tested',
      { guardrails: { failures: { margin: 7 } } },
      'guardrails.failures.margin must be a number from 0.01 to 6, got 7.',
    ],
    ['an alpha of 1', { alpha: 1 }, 'alpha must be a number from 0.0001 to 0.5, got 1.'],
    [
      'null for the guardrails',
      { guardrails: null, steps: null, alpha: '0.05' },
      'alpha must be a number from 0.0001 to 0.5, got "0.05".',
    ],
  ])('rejects %s', (_, change, message) => {
    const input = { ...versions, ...change } as RolloutPlanInput;
    expect(() => readPlan(input)).toThrow(`The plan of the rollout: ${message}`);
  });

  it.each([undefined, null, [], 'plan'])('rejects %s', (input) => {
    expect(() => readPlan(input as never)).toThrow('plan must be an object');
  });
});
