import {
  judgeRollout,
  readPlan,
  rolloutHtml,
  StepCounts,
  type RolloutState,
} from '@fairlead/rollout';
import { describe, expect, test } from 'vitest';
import { requestCounts } from '../support/counts.ts';

const plan = readPlan({
  baseline: '3',
  candidate: '4',
  unit: 'request',
  guardrails: { slow: { overMs: 100 } },
});
const times = { startedAt: 0, stepStartedAt: 0 };

function page(reason: string): string {
  const counts = requestCounts(0, {
    candidate: { requests: 90, events: { failure: 30 } },
    baseline: { requests: 9000, events: { failure: 90, slow: 100 } },
  });
  const verdict = judgeRollout({ plan, step: 0, ...times, counts: [counts], now: 60_000 });
  const audit = { actor: 'ada', reason };
  const state: RolloutState = {
    ...{
      model: 'churn',
      number: 4,
      plan,
      status: 'ended',
      result: 'rolled back',
      step: 0,
      promoting: false,
    },
    ...times,
    entries: [
      { type: 'started', plan, at: 0, ...audit },
      { type: 'step', step: 1, at: 1000, ...audit },
      { type: 'ended', result: 'rolled back', at: 60_000, ...audit },
    ],
  };
  return rolloutHtml(state, verdict);
}

test('the page has the verdict, the guardrails, the shares and the history', () => {
  const html = page('failures: too many');
  expect(html).toContain('A canary, split by request. rolled back: failures: too many.');
  expect(html).toMatch(/<td>failures<\/td><td>failed<\/td><td>failures: \d+\.\d\d times/);
  expect(html).toContain('<td>1</td><td>1 %</td><td>0.9901 %</td><td>90</td><td>9000</td>');
  expect(html).toContain('<td>1970-01-01T00:00:01Z</td><td>ada</td><td>step 2</td>');
  expect(html.match(/<svg/g)).toHaveLength(2);
  expect(html).toMatch(/<g class="failed"><text x="0" y="18">failures<\/text>/);
});

test('every coordinate is a number within the picture, also of unlimited intervals', () => {
  const html = page('x');
  const numbers = [...html.matchAll(/ (?:x1|x2|cx|x|width)="([^"]*)"/g)].map(([, text]) =>
    Number(text),
  );
  expect(numbers.length).toBeGreaterThan(10);
  expect(numbers.every((number) => number >= 0 && number <= 640)).toBe(true);
});

test('texts of people are escaped', () => {
  const html = page('<script>alert("1 & 2")</script>');
  expect(html).not.toContain('<script>');
  expect(html).toContain('&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt;');
});

describe('the page of an A/B test', () => {
  const experiment = readPlan({
    ...{ kind: 'experiment', baseline: '3', candidate: '4' },
    outcomes: {
      users: 4000,
      metrics: [{ name: 'conversion' }, { name: 'waiting-time', type: 'mean', better: 'lower' }],
    },
  });
  const pageOf = (rates: { readonly candidate: number; readonly baseline: number }): string => {
    const counts = new StepCounts({ rollout: 'churn-4', step: 0 });
    for (let user = 0; user < 2000; user += 1) {
      const variant = user % 2 === 0 ? 'candidate' : 'baseline';
      const key = `user-${user}`;
      counts.add({ variant, key, events: [], user: 'stays' });
      if ((user % 100) / 100 < rates[variant]) {
        counts.addOutcome({ key, metric: 'conversion', value: 1, at: 1000 });
      }
    }
    const verdict = judgeRollout({
      ...{ plan: experiment, step: 0, ...times, counts: [counts], now: 3_600_000 },
    });
    const place = { model: 'churn', number: 4, status: 'running', step: 0 } as const;
    return rolloutHtml(
      { ...place, ...times, plan: experiment, promoting: false, entries: [] },
      verdict,
    );
  };

  test('has the change of each metric with its interval, as a picture and in words', () => {
    const html = pageOf({ candidate: 0.3, baseline: 0.1 });
    expect(html).toContain('An A/B test, split by user. running, step 1 of 1.');
    expect(html).toContain('2000 of 4000 planned users.');
    expect(html).toMatch(/<g class="passed"><text x="0" y="18">conversion<\/text><line x1="/);
    expect(html).toMatch(
      /<td>conversion \(primary\)<\/td><td>better<\/td><td>conversion: \+200 % \(\+/,
    );
    // No user has a waiting time.
    expect(html).toContain('<g class="undecided"><text x="0" y="46">waiting-time</text></g>');
    expect(html.match(/<svg/g)).toHaveLength(3);
  });

  test.each([
    { candidate: 0.3, baseline: 0.1 },
    { candidate: 0, baseline: 0.02 },
    { candidate: 0.1, baseline: 0.1 },
    { candidate: 0, baseline: 0 },
  ])('has coordinates within the picture for rates of %j', (rates) => {
    const numbers = [...pageOf(rates).matchAll(/ (?:x1|x2|cx|x|width)="([^"]*)"/g)];
    expect(numbers.length).toBeGreaterThan(10);
    for (const [, text] of numbers) {
      expect(Number(text)).toBeGreaterThanOrEqual(0);
      expect(Number(text)).toBeLessThanOrEqual(640);
    }
  });
});
