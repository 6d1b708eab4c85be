import {
  judgeRollout,
  readPlan,
  StepCounts,
  TrafficSplit,
  type JudgedRollout,
  type OutcomeMetricInput,
  type RolloutPlanInput,
  type RolloutVerdict,
} from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';

const HOUR = 3_600_000;
const name = 'churn-4';

interface GivenTest {
  readonly shares?: readonly number[];
  readonly metrics?: readonly OutcomeMetricInput[];
  readonly plan?: Partial<RolloutPlanInput>;
  /** Users of each step. */
  readonly users?: number;
  /** Value of a user; undefined for none. */
  readonly outcome?: (variant: string, user: number, metric: string) => number | undefined;
  readonly fails?: (variant: string, user: number) => boolean;
  readonly change?: Partial<JudgedRollout>;
  /** Adds to the counts of the first step. */
  readonly also?: (counts: StepCounts) => void;
}

/** Judges users of a split, as the gateways count them. */
function judge({
  shares = [0.5],
  metrics = [{ name: 'conversion' }],
  plan: fields = {},
  users = 4000,
  outcome = () => undefined,
  fails = () => false,
  change = {},
  also = () => undefined,
}: GivenTest): RolloutVerdict {
  const plan = readPlan({
    ...{ kind: 'experiment', baseline: '3', candidate: '4' },
    steps: shares.map((share) => ({ share, minMinutes: 60 })),
    outcomes: { users: 20_000, metrics },
    guardrails: { failures: { tolerated: 0.05 } },
    ...fields,
  });
  const splitOf = (step: number): TrafficSplit =>
    new TrafficSplit({
      rollout: name,
      steps: shares.slice(0, step + 1).map((share) => ({ candidate: share })),
    });
  const last = splitOf(shares.length - 1);
  const counts = shares.map((_, step) => {
    const of = new StepCounts({ rollout: name, step });
    for (let index = 0; index < users; index += 1) {
      const user = step * users + index;
      const key = `user-${user}`;
      const variant = splitOf(step).variantOf(key);
      const events = fails(variant, user) ? ['failure'] : [];
      of.add({ variant, key, events, user: last.variantOf(key) === variant ? 'stays' : 'changes' });
      for (const { name: metric } of metrics) {
        const value = outcome(variant, user, metric);
        if (value !== undefined) of.addOutcome({ key, metric, value, at: 1000 });
      }
    }
    return of;
  });
  const [first] = counts;
  if (first !== undefined) also(first);
  return judgeRollout({
    ...{ plan, step: shares.length - 1, startedAt: 0, stepStartedAt: 0, counts, now: 2 * HOUR },
    ...change,
  });
}

const rate = (share: number) => (user: number) =>
  (Math.imul(user, 2_654_435_761) >>> 0) / 2 ** 32 < share;
const conversions =
  (candidate: number, baseline: number) =>
  (variant: string, user: number): number | undefined =>
    rate(variant === 'candidate' ? candidate : baseline)(user) ? 1 : undefined;

describe('an A/B test', () => {
  it('promotes a candidate whose conversions are higher beyond chance', () => {
    const verdict = judge({ outcome: conversions(0.2, 0.1) });
    expect(verdict.decision).toBe('promote');
    expect(verdict.reason).toMatch(
      /^conversion: \+\d+(\.\d+)? % \(\+.* % to \+.* %\), with .* % of \d+ users of the candidate and .* % of \d+ of the baseline; failures: 0 of \d+ users, below the tolerated 5 %$/,
    );
    const [conversion] = verdict.outcomes ?? [];
    expect(conversion).toMatchObject({ role: 'primary', status: 'better', isJudged: true });
    expect(conversion?.means.candidate.estimate).toBeCloseTo(0.2, 1);
    expect(conversion?.change?.lower).toBeGreaterThan(0);
  });

  it('rolls back one whose conversions are lower, also before the shortest time', () => {
    for (const now of [1000, 2 * HOUR]) {
      const verdict = judge({ outcome: conversions(0.1, 0.2), change: { now } });
      expect(verdict.decision).toBe('roll back');
      expect(verdict.reason).toMatch(/^conversion: −/);
    }
    const durations = [{ name: 'duration', type: 'mean', better: 'lower' } as const];
    const outcome = (variant: string, user: number) =>
      (variant === 'candidate' ? 2 : 1) + (user % 7) / 10;
    expect(judge({ metrics: durations, outcome }).decision).toBe('roll back');
    const faster = (variant: string, user: number) => 3 - outcome(variant, user);
    expect(judge({ metrics: durations, outcome: faster }).decision).toBe('promote');
  });

  it('waits for the shortest time before it promotes', () => {
    const verdict = judge({ outcome: conversions(0.2, 0.1), change: { now: HOUR / 2 } });
    expect(verdict).toMatchObject({
      decision: 'insufficient data',
      reason: 'step 1 has lasted 30 of 60 minutes',
    });
  });

  it('holds while chance may explain the difference, and ends as undecided, with the version that stays', () => {
    const outcome = conversions(0.102, 0.1);
    const held = judge({ outcome });
    expect(held.decision).toBe('hold');
    expect(held.reason).toMatch(/^undecided: conversion: .*; 4000 of 20000 planned users$/);
    expect(held.progress).toEqual({ users: 4000, planned: 20_000, every: 1, hoursLeft: 8 });
    const ended = judge({ outcome, plan: { maxHours: 1 } });
    expect(ended.decision).toBe('undecided');
    expect(ended.reason).toMatch(/^undecided after 1 hour, version 3 stays: conversion: /);
  });

  it('says what is missing', () => {
    expect(judge({ users: 150, outcome: conversions(0.2, 0.1) })).toMatchObject({
      decision: 'insufficient data',
      reason: expect.stringMatching(
        /^\d\d requests of the candidate in step 1; it needs 100$/,
      ) as unknown,
    });
    const few = { users: 300, outcome: conversions(0.2, 0.1) };
    expect(judge({ ...few, metrics: [{ name: 'conversion', minUsers: 500 }] })).toMatchObject({
      decision: 'insufficient data',
      reason: expect.stringMatching(
        /^conversion: \d+ users of the candidate and \d+ of the baseline; each needs 500$/,
      ) as unknown,
    });
    expect(judge({ users: 400 }).reason).toBe(
      'conversion: 0 conversions of the candidate and 0 of the baseline; each needs 5',
    );
    expect(judge({ users: 400, outcome: () => 1 }).reason).toBe(
      'conversion: 0 users without a conversion of the candidate and 0 of the baseline; each needs 5',
    );
  });

  it('ends where an improvement that matters is excluded, and promotes only a larger one', () => {
    const metrics = [{ name: 'conversion', smallest: 0.5 }];
    const equal = judge({ metrics, users: 20_000, outcome: conversions(0.2, 0.2) });
    expect(equal.decision).toBe('roll back');
    expect(equal.reason).toContain(
      'version 3 stays, since the improvement is below 50 %: conversion: ',
    );
    expect(judge({ metrics, outcome: conversions(0.15, 0.1) }).decision).toBe('hold');
    expect(judge({ metrics, outcome: conversions(0.3, 0.1) }).decision).toBe('promote');
  });

  it('counts users of an answer only: outcomes of other keys change nothing, and users without one count as 0', () => {
    const outcome = conversions(0.2, 0.1);
    const plain = judge({ outcome });
    const strangers = judge({
      outcome,
      also: (counts) => {
        for (let i = 0; i < 5000; i += 1) {
          counts.addOutcome({ key: `stranger-${i}`, metric: 'conversion', value: 1, at: 1000 });
        }
      },
    });
    expect(strangers).toEqual(plain);
    const [conversion] = plain.outcomes ?? [];
    expect((conversion?.users.candidate ?? 0) + (conversion?.users.baseline ?? 0)).toBe(4000);
    expect(conversion?.reported.candidate).toBeLessThan(600);
  });

  it('compares within the steps of a ramp, without the users who change their variant', () => {
    const shares = [0.05, 0.5];
    // Users of the first step convert four times as often.
    const outcome = (_: string, user: number): number | undefined =>
      rate(user < 8000 ? 0.4 : 0.1)(user) ? 1 : undefined;
    const verdict = judge({ shares, users: 8000, outcome });
    const [conversion] = verdict.outcomes ?? [];
    // 55 % of the users of the first step keep their variant, and all of the second one.
    expect(conversion?.users.candidate).toBeCloseTo(400 + 4000, -3);
    expect(conversion?.users.baseline).toBeCloseTo(4000 + 4000, -3);
    expect(verdict).toMatchObject({ decision: 'hold', sampleRatio: { status: 'ok' } });
    const { means } = conversion ?? {};
    const difference = (means?.candidate.estimate ?? 1) - (means?.baseline.estimate ?? 0);
    expect(Math.abs(difference)).toBeLessThan(0.02);
  });

  it('counts a user in the first step only, and one who changes the variant in none', () => {
    const shares = [0.3, 0.5];
    const users = 3000;
    const splits = shares.map(
      (_, step) =>
        new TrafficSplit({
          rollout: name,
          steps: shares.slice(0, step + 1).map((share) => ({ candidate: share })),
        }),
    );
    const variantOf = (step: number, user: number) => splits[step]?.variantOf(`user-${user}`);
    const verdict = judge({
      ...{ shares, users, outcome: conversions(0.2, 0.1) },
      also: (counts) => {
        // All users of the second step had come in the first one.
        for (let user = users; user < 2 * users; user += 1) {
          const variant = variantOf(0, user) ?? '';
          const changes = variant !== variantOf(1, user);
          counts.add({
            ...{ variant, key: `user-${user}`, events: [] },
            user: changes ? 'changes' : 'stays',
          });
        }
      },
    });
    const all = Array.from({ length: 2 * users }, (_, user) => user);
    const staying = (variant: string): number =>
      all.filter((user) => variantOf(0, user) === variant && variantOf(1, user) === variant).length;
    expect(verdict.outcomes?.[0]?.users).toEqual({
      candidate: staying('candidate'),
      baseline: staying('baseline'),
    });
    expect(verdict.sampleRatio.status).toBe('ok');
  });

  it('judges a sample from the beginning where the plan expects many users', () => {
    const outcome = conversions(0.3, 0.1);
    const metrics = [{ name: 'conversion' }];
    const verdict = judge({ outcome, plan: { outcomes: { users: 1_000_000, metrics } } });
    expect(verdict.progress?.every).toBe(16);
    expect(verdict.progress?.users).toBeCloseTo(4000, -3.2);
    const [conversion] = verdict.outcomes ?? [];
    expect(conversion?.users.candidate).toBeLessThan(200);
    expect(conversion?.means.candidate.estimate).toBeGreaterThan(0.2);
  });

  it('concludes nothing from a wrong split', () => {
    const verdict = judge({
      outcome: conversions(0.1, 0.3),
      also: (counts) => {
        for (let i = 0; i < 1000; i += 1) {
          counts.add({ variant: 'candidate', key: `more-${i}`, events: [], user: 'stays' });
        }
      },
    });
    expect(verdict.decision).toBe('hold');
    expect(verdict.reason).toContain("traffic isn't split as planned");
  });

  it('finds a wrong split among the users that it compares, of whom it counts more than others', () => {
    // 10,000 of each are too few for the sample of 8,192 keys to see 52 %.
    const verdict = judge({
      users: 60_000,
      also: (counts) => {
        let added = 0;
        for (let i = 0; added < 2400; i += 1) {
          counts.add({ variant: 'candidate', key: `more-${i}`, events: [], user: 'stays' });
          added += 1;
        }
      },
    });
    expect(verdict.sampleRatio.status).toBe('mismatch');
  });

  it('does not compare means of those who report, where that depends on the version', () => {
    const metrics = [{ name: 'rating', type: 'mean' } as const];
    const value = (variant: string, user: number) =>
      (variant === 'candidate' ? 4 : 3) + (user % 5) / 5;
    const all = judge({ metrics, outcome: value });
    expect(all.decision).toBe('promote');
    const selected = judge({
      metrics,
      outcome: (variant, user) =>
        variant === 'candidate' && user % 3 === 0 ? undefined : value(variant, user),
    });
    expect(selected.decision).toBe('hold');
    expect(selected.reason).toContain(
      'rating: whether users have an outcome depends on the version',
    );
  });

  it('needs guardrails to hold: one that is harmed rolls back, an undecided one holds', () => {
    const metrics: OutcomeMetricInput[] = [
      { name: 'conversion' },
      { name: 'revenue', type: 'total', role: 'guardrail', smallest: 0.1 },
      { name: 'clicks', type: 'total' },
    ];
    const outcomes =
      (revenue: number) =>
      (variant: string, user: number, metric: string): number | undefined => {
        if (metric === 'conversion') return conversions(0.2, 0.1)(variant, user);
        if (metric === 'clicks') return variant === 'candidate' ? 1 + (user % 3) : 5 + (user % 3);
        return (variant === 'candidate' ? revenue : 10) + (user % 5);
      };
    expect(judge({ metrics, outcome: outcomes(10) })).toMatchObject({
      decision: 'promote',
      outcomes: [{ status: 'better' }, { status: 'passed' }, { status: 'worse', role: 'reported' }],
    });
    const harmed = judge({ metrics, outcome: outcomes(8) });
    expect(harmed.decision).toBe('roll back');
    expect(harmed.reason).toMatch(/^revenue: −16/);
    const open = judge({ metrics, outcome: outcomes(10), users: 2100, plan: { alpha: 0.0001 } });
    expect(open.outcomes?.map(({ status }) => status)).toContain('passed');
    const failing = judge({
      metrics,
      outcome: outcomes(10),
      fails: (variant, user) => variant === 'candidate' && user % 5 === 0,
    });
    expect(failing.decision).toBe('roll back');
    expect(failing.reason).toMatch(/^failures: /);
  });
});

describe('outcomes of few users of the candidate', () => {
  it('are not compared where a few users have most of all, which an uneven split would show as a deterioration', () => {
    const verdict = judge({
      ...{ shares: [0.05], users: 30_000, metrics: [{ name: 'revenue', type: 'total' }] },
      outcome: (variant, user) =>
        user % 1000 === 0 && variant === 'baseline' ? 200 : user % 50 === 0 ? 1 : undefined,
    });
    expect(verdict.outcomes?.[0]).toMatchObject({ status: 'undecided', isJudged: false });
    expect(verdict.decision).toBe('insufficient data');
    expect(verdict.reason).toMatch(
      /^revenue: a few users have too much of all to compare \d{3,4} users of the candidate; more users, or a share near 50 %, are needed/,
    );
  });

  it('are not compared where conversions are rare, and are with more users', () => {
    const judgeUsers = (users: number) =>
      judge({
        ...{ shares: [0.1], users },
        outcome: (variant, user) =>
          user % (variant === 'baseline' ? 10 : 25) === 0 ? 1 : undefined,
      }).outcomes?.[0];
    expect(judgeUsers(2000)).toMatchObject({
      status: 'undecided',
      explanation: expect.stringMatching(
        /^conversion: conversions are too rare to compare \d+ users of the candidate/,
      ) as string,
    });
    expect(judgeUsers(8000)?.status).toBe('worse');
  });

  it('are compared at any skewness where both variants have as many users', () => {
    const verdict = judge({
      ...{ shares: [0.5], users: 20_000, metrics: [{ name: 'revenue', type: 'total' }] },
      outcome: (variant, user) =>
        user % 100 === 0 ? (variant === 'baseline' ? 1 : 200) : undefined,
    });
    expect(verdict.outcomes?.[0]?.status).toBe('better');
  });
});
