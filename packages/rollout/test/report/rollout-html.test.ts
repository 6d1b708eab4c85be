import { judgeRollout, readPlan, rolloutHtml, type RolloutState } from '@fairlead/rollout';
import { expect, test } from 'vitest';
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
