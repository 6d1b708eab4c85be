import {
  judgeRollout,
  readPlan,
  StepCounts,
  TrafficSplit,
  type JudgedRollout,
  type RolloutPlanInput,
  type RolloutVerdict,
} from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';
import { requestCounts } from '../support/counts.ts';

const HOUR = 3_600_000;
const versions = { baseline: '3', candidate: '4' };

function judge(
  plan: Partial<RolloutPlanInput>,
  change: Partial<JudgedRollout> & Pick<JudgedRollout, 'counts'>,
): RolloutVerdict {
  return judgeRollout({
    plan: readPlan({
      ...versions,
      unit: 'request',
      steps: [{ share: 0.1 }, { share: 0.5 }],
      ...plan,
    }),
    step: 0,
    startedAt: 0,
    stepStartedAt: 0,
    now: HOUR,
    ...change,
  });
}

/** A tenth of 10,000 requests, with failures. */
const tenth = (candidate: number, baseline: number): StepCounts =>
  requestCounts(0, {
    candidate: { requests: 1000, events: { failure: candidate } },
    baseline: { requests: 9000, events: { failure: baseline } },
  });
const half = (candidate: number, baseline: number): StepCounts =>
  requestCounts(1, {
    candidate: { requests: 5000, events: { failure: candidate } },
    baseline: { requests: 5000, events: { failure: baseline } },
  });

describe('judgeRollout', () => {
  it('advances after the time and the requests of a step', () => {
    const verdict = judge({}, { counts: [tenth(1, 9)] });
    expect(verdict).toMatchObject({
      decision: 'advance',
      reason: 'step 1 showed no limit exceeded',
      step: 0,
      requests: { candidate: 1000, baseline: 9000 },
      sampleRatio: { status: 'ok' },
    });
  });

  it('rolls back a candidate that fails more often, at any step and before its shortest time', () => {
    for (const now of [1000, HOUR]) {
      expect(judge({}, { counts: [tenth(25, 30)], now })).toMatchObject({
        decision: 'roll back',
        reason:
          'failures: 7.50 times the rate of the baseline (2.45 to 22.17), with 25 of the candidate and 30 of the baseline',
      });
    }
    const counts = [tenth(1, 9), half(60, 20)];
    expect(judge({}, { counts, step: 1 }).decision).toBe('roll back');
  });

  it('gives each guardrail its evidence relative to what rolls back', () => {
    const plan = {
      guardrails: { failures: { tolerated: 0 }, slow: { overMs: 100, tolerated: 0 }, labels: {} },
    };
    const found = Array.from({ length: 40 }, (_, failures) => {
      const variant = (events: Readonly<Record<string, number>>) => ({ requests: 500, events });
      const candidate = variant({ failure: failures, slow: failures, 'label:a': 9 * failures });
      const baseline = variant({ failure: 4, slow: 4, 'label:a': 100 });
      return judge(plan, { counts: [requestCounts(1, { candidate, baseline })], step: 1 });
    });
    for (const name of ['failures', 'slow', 'labels']) {
      const results = found.map(({ guardrails }) => guardrails.find((each) => each.name === name));
      const evidence = results.map((result) => result?.evidence ?? NaN);
      expect(evidence.map((value) => value >= 1)).toEqual(
        results.map((result) => result?.status === 'failed'),
      );
      expect(evidence[11]).toBeLessThan(1);
      expect(evidence.at(-1)).toBeGreaterThan(1);
    }
  });

  it('promotes after the last step where failures are within the margin beyond chance', () => {
    const plan = { guardrails: { failures: { margin: 0.5, tolerated: 0 } } };
    const verdict = judge(plan, { counts: [tenth(20, 180), half(250, 250)], step: 1 });
    expect(verdict.decision).toBe('promote');
    expect(verdict.guardrails[0]?.ratio.upper).toBeLessThan(1.5);
  });

  it('holds after the last step where failures might exceed the margin', () => {
    const plan = { guardrails: { failures: { margin: 0.5, tolerated: 0 } } };
    const verdict = judge(plan, { counts: [tenth(2, 20), half(10, 10)], step: 1 });
    expect(verdict).toMatchObject({ decision: 'hold' });
    expect(verdict.reason).toMatch(
      /^undecided: failures: 0\.97 times the rate of the baseline \(0\.\d\d to 2\.\d\d\), with 12 of the candidate and 30 of the baseline$/,
    );
  });

  it('promotes a candidate without a failure where enough requests show that its rate is tolerable', () => {
    const promoted = judge({}, { counts: [tenth(0, 0), half(0, 0)], step: 1 });
    expect(promoted).toMatchObject({
      decision: 'promote',
      reason: 'failures: 0 of 6000 requests, below the tolerated 0.5 %',
    });
    // 150 requests without a failure say little about 0.5 %.
    const all = (requests: number): StepCounts =>
      requestCounts(1, { candidate: { requests }, baseline: { requests } });
    expect(judge({}, { counts: [all(150)], step: 1 })).toMatchObject({
      decision: 'hold',
      reason:
        'undecided: failures: none yet, with 150 requests of the candidate; 1381 without one show a rate below the tolerated 0.5 %',
    });
    expect(judge({}, { counts: [all(1380)], step: 1 }).decision).toBe('hold');
    expect(judge({}, { counts: [all(1381)], step: 1 }).decision).toBe('promote');
  });

  it('no traffic is insufficient data, never a promotion', () => {
    for (const step of [0, 1]) {
      const verdict = judge({}, { counts: [], step, stepStartedAt: HOUR, now: 13 * HOUR });
      expect(verdict).toMatchObject({
        decision: 'insufficient data',
        reason: `no request of the candidate in step ${step + 1}; it needs 100`,
      });
    }
  });

  it('waits for the shortest time of a step', () => {
    expect(judge({}, { counts: [tenth(1, 9)], now: 599_000 })).toMatchObject({
      decision: 'insufficient data',
      reason: 'step 1 has lasted 9 of 10 minutes',
    });
  });

  it('rolls back what is still undecided after the longest time', () => {
    expect(judge({}, { counts: [], now: 169 * HOUR })).toMatchObject({
      decision: 'roll back',
      reason: 'undecided after 168 hours',
    });
  });

  it('holds where traffic is not split as planned, and says where', () => {
    const counts = requestCounts(0, {
      candidate: { requests: 1500 },
      baseline: { requests: 8500 },
    });
    expect(judge({}, { counts: [counts] })).toMatchObject({
      decision: 'hold',
      reason:
        "traffic isn't split as planned, so nothing can be concluded: the candidate in step 1 has 15.00 % in place of 10 % (the baseline has the rest)",
      sampleRatio: {
        status: 'mismatch',
        steps: [{ step: 0, planned: 0.1, candidate: 1500, baseline: 8500 }],
      },
    });
  });

  it('a failing candidate is rolled back although the split is wrong', () => {
    const counts = requestCounts(0, {
      candidate: { requests: 1500, events: { failure: 700 } },
      baseline: { requests: 8500 },
    });
    expect(judge({}, { counts: [counts] }).decision).toBe('roll back');
  });

  it('rolls back a candidate with more slow requests', () => {
    const plan = { guardrails: { slow: { overMs: 250 } } };
    const counts = requestCounts(0, {
      candidate: { requests: 1000, events: { slow: 60 } },
      baseline: { requests: 9000, events: { slow: 90 } },
    });
    const verdict = judge(plan, { counts: [counts] });
    expect(verdict.decision).toBe('roll back');
    expect(verdict.reason).toMatch(/^slow requests: 6\.00 times the rate of the baseline/);
    expect(verdict.guardrails.map(({ name, status }) => [name, status])).toEqual([
      ['failures', 'undecided'],
      ['slow', 'failed'],
      ['invalid', 'passed'],
      ['canceled', 'passed'],
    ]);
  });

  it.each([
    ['more', { 'label:yes': 500, 'label:no': 500 }],
    ['less', { 'label:yes': 20, 'label:no': 980 }],
  ])(
    'rolls back a candidate that predicts a label %s often than the margin permits',
    (_, events) => {
      const plan = { guardrails: { labels: { margin: 0.5 } } };
      const baseline = { requests: 9000, events: { 'label:yes': 900, 'label:no': 8100 } };
      const counts = requestCounts(0, { candidate: { requests: 1000, events }, baseline });
      const verdict = judge(plan, { counts: [counts] });
      expect(verdict.decision).toBe('roll back');
      expect(verdict.reason).toMatch(/^label "(yes|no)": /);
      const similar = { requests: 1000, events: { 'label:yes': 110, 'label:no': 890 } };
      const same = requestCounts(0, { candidate: similar, baseline });
      expect(judge(plan, { counts: [same] }).decision).toBe('advance');
    },
  );

  it('judges a shadow by failures and labels that differ for the same requests', () => {
    const plan = {
      kind: 'shadow',
      steps: [{ share: 0.1 }],
      guardrails: { changedLabels: { max: 0.05 } },
    } as const;
    const shadow = (changed: number, failures = 0): RolloutVerdict =>
      judge(plan, {
        counts: [
          requestCounts(0, {
            candidate: {
              requests: 2000,
              events: { labeled: 2000, 'changed-label': changed, failure: failures },
            },
            baseline: { requests: 2000 },
          }),
        ],
      });
    expect(shadow(20)).toMatchObject({
      decision: 'promote',
      reason:
        'failures: 0 of 2000 requests, below the tolerated 0.5 %; changed labels: 20 of 2000 requests; the limit is 5 %',
    });
    expect(shadow(200)).toMatchObject({ decision: 'roll back' });
    expect(shadow(100).decision).toBe('hold');
    expect(shadow(20, 100).decision).toBe('roll back');
  });

  it('labels that were never predicted are undecided, so that they do not promote', () => {
    const counts = requestCounts(0, {
      candidate: { requests: 2000, events: { failure: 0 } },
      baseline: { requests: 2000 },
    });
    const shadow = { kind: 'shadow', guardrails: { changedLabels: {} } } as const;
    expect(judge({ ...shadow, steps: [{ share: 0.5 }] }, { counts: [counts] })).toMatchObject({
      decision: 'hold',
      reason: 'undecided: changed labels: no copy has had a label yet',
    });
    const canary = { steps: [{ share: 0.5 }], guardrails: { labels: {} } };
    expect(judge(canary, { counts: [counts] })).toMatchObject({
      decision: 'hold',
      reason: 'undecided: labels: none was predicted',
    });
  });

  it('requests of one key are no split, and the verdict says what to set', () => {
    const counts = new StepCounts({ rollout: 'test', step: 0 });
    for (let i = 0; i < 500; i += 1) counts.add({ variant: 'baseline', key: 'acme', events: [] });
    expect(judge({ unit: 'key' }, { counts: [counts] })).toMatchObject({
      decision: 'insufficient data',
      reason:
        'all 500 requests of the step have 1 routing key: set FAIRLEAD_ROUTING_KEY_HEADER, or split by request',
    });
  });

  describe('where users keep their variant', () => {
    const split = new TrafficSplit({ rollout: 'test', steps: [{ candidate: 0.1 }] });
    const plan = {
      unit: 'key',
      steps: [{ share: 0.1 }],
      guardrails: { failures: { tolerated: 0 } },
    } as const;

    /** 20 requests of each of 5,000 users. */
    const countUsers = (
      fails: (user: number, variant: string) => boolean,
      of = split,
    ): StepCounts => {
      const counts = new StepCounts({ rollout: 'test', step: 0 });
      for (let user = 0; user < 5000; user += 1) {
        const key = `user-${user}`;
        const variant = of.variantOf(key);
        const events = fails(user, variant) ? ['failure'] : [];
        for (let i = 0; i < 20; i += 1) counts.add({ variant, key, events });
      }
      return counts;
    };

    it('a user whose requests all fail counts once', () => {
      // One user of the candidate: 20 of its 10,000 requests fail, none of the others.
      const victim = Array.from({ length: 5000 }, (_, user) => user).find(
        (user) => split.variantOf(`user-${user}`) === 'candidate',
      );
      const verdict = judge(plan, { counts: [countUsers((user) => user === victim)] });
      expect(verdict.guardrails[0]?.events).toEqual({ candidate: 1, baseline: 0 });
      expect(verdict.decision).not.toBe('roll back');
      const byRequest = judge(
        { ...plan, unit: 'request' },
        { counts: [countUsers((user) => user === victim)] },
      );
      expect(byRequest.decision).toBe('roll back');
    });

    it('rolls back where many users of the candidate fail', () => {
      const counts = countUsers((user, variant) => variant === 'candidate' && user % 10 === 0);
      expect(judge(plan, { counts: [counts] }).decision).toBe('roll back');
    });

    it('a user who fails in two steps counts in the first one only', () => {
      const counts = [0, 1].map((step) => {
        const of = new StepCounts({ rollout: 'test', step });
        of.add({
          variant: step === 0 ? 'baseline' : 'candidate',
          key: 'user-1',
          events: ['failure'],
        });
        return of;
      });
      const steps = [{ share: 0.1 }, { share: 0.5 }];
      const verdict = judge({ ...plan, steps }, { counts, step: 1 });
      expect(verdict.guardrails[0]?.events).toEqual({ candidate: 0, baseline: 1 });
      expect(
        verdict.sampleRatio.steps.map(({ candidate, baseline }) => [candidate, baseline]),
      ).toEqual([
        [0, 1],
        [0, 0],
      ]);
    });

    it('compares the users with the planned shares, also where more of them come than a sample has', () => {
      const wrong = new TrafficSplit({ rollout: 'test', steps: [{ candidate: 0.15 }] });
      const verdict = judge(plan, { counts: [countUsers(() => false, wrong)] });
      expect(verdict.decision).toBe('hold');
      for (const [of, status] of [
        [split, 'ok'],
        [wrong, 'mismatch'],
      ] as const) {
        const counts = new StepCounts({ rollout: 'test', step: 0 });
        for (let user = 0; user < 100_000; user += 1) {
          counts.add({ variant: of.variantOf(`${user}`), key: `${user}`, events: [] });
        }
        const { sampleRatio } = judge(plan, { counts: [counts] });
        expect(sampleRatio.status).toBe(status);
        const [found] = sampleRatio.steps;
        const users = sampleRatio.every * ((found?.candidate ?? 0) + (found?.baseline ?? 0));
        expect(Math.abs(users - 100_000)).toBeLessThan(5000);
      }
    });
  });

  it.each<[string, Partial<JudgedRollout>, string]>([
    [
      'a step that the plan does not have',
      { step: 2 },
      'judgeRollout: step must be an integer from 0 to 1, got 2.',
    ],
    [
      'counts of a later step',
      { counts: [half(0, 0)] },
      'judgeRollout: counts of step 1 are of the future: the current one is step 0.',
    ],
    [
      'counts of a step twice',
      { counts: [tenth(0, 0), tenth(0, 0)] },
      'judgeRollout: counts of step 0 are given twice; merge them.',
    ],
    ['no time', { now: NaN }, 'judgeRollout: now must be a number from 0'],
  ])('rejects %s', (_, change, message) => {
    expect(() => judge({}, { counts: [], ...change })).toThrow(message);
  });
});
