import {
  decideRetraining,
  readPolicy,
  type RetrainingFacts,
  type RetrainingPolicyInput,
} from '@fairlead/retraining';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-20T12:00:00Z');
const training = { command: ['./train'] };
const facts: RetrainingFacts = {
  ...{ champion: { version: 3, since: NOW - 200 * HOUR }, attemptsThisMonth: 0 },
  labeledRows: 5000,
};

function decide(triggers: RetrainingPolicyInput['triggers'], more: Partial<RetrainingFacts> = {}) {
  return decideRetraining(readPolicy({ triggers, training }), { ...facts, ...more }, NOW);
}

const last = { number: 7, requestedAt: NOW - 30 * HOUR, isEnded: true };

test.each<[boolean, string, RetrainingPolicyInput['triggers'], Partial<RetrainingFacts>]>([
  [false, 'the policy has no trigger: it is retrained by hand', {}, {}],
  [
    true,
    '8.3 days since the version is in use, and the policy retrains every 7 days',
    { schedule: { everyHours: 168 } },
    {},
  ],
  [
    false,
    '30 hours since the last attempt, and the policy retrains every 7 days',
    { schedule: { everyHours: 168 } },
    { last },
  ],
  [
    true,
    'drift of age, income until 2026-11-20T11:00Z',
    { drift: {} },
    { drift: { status: 'drift', to: NOW - HOUR, columns: ['age', 'income'] } },
  ],
  [
    false,
    'no drift until 2026-11-20T11:00Z: insufficient data',
    { drift: {} },
    { drift: { status: 'insufficient data', to: NOW - HOUR, columns: [] } },
  ],
  [false, 'there is no verdict on drift of a finished day', { drift: { unit: 'day' } }, {}],
  [
    false,
    'the newest verdict on drift, until 2026-11-17T12:00Z, is older than 2 days',
    { drift: {} },
    { drift: { status: 'drift', to: NOW - 72 * HOUR, columns: ['age'] } },
  ],
  [
    false,
    'drift of age until 2026-11-20T11:00Z; the policy needs 2 columns',
    { drift: { minColumns: 2 } },
    { drift: { status: 'drift', to: NOW - HOUR, columns: ['age'] } },
  ],
  [
    false,
    'drift until 2026-11-20T11:00Z was in the dataset of attempt 7',
    { drift: {} },
    {
      drift: { status: 'drift', to: NOW - HOUR, columns: ['age'] },
      last: { ...last, datasetUntil: NOW },
    },
  ],
  [
    true,
    'accuracy is 0.8123 (measured, 640 rows), below 0.9',
    { performance: { metric: 'accuracy', min: 0.9 } },
    { performance: { value: 0.81234, basis: 'measured', rows: 640 } },
  ],
  [
    true,
    'rmse is 14 (measured, 640 rows), above 12',
    { performance: { metric: 'rmse', max: 12 } },
    { performance: { value: 14, basis: 'measured', rows: 640 } },
  ],
  [
    false,
    'accuracy is 0.8 (measured, 64 rows), and the policy needs 100 rows',
    { performance: { metric: 'accuracy', min: 0.9 } },
    { performance: { value: 0.8, basis: 'measured', rows: 64 } },
  ],
  [
    false,
    'accuracy is 0.8 (estimated, 640 rows), and the policy needs a measured one',
    { performance: { metric: 'accuracy', min: 0.9 } },
    { performance: { value: 0.8, basis: 'estimated', rows: 640 } },
  ],
  [
    true,
    'accuracy is 0.8 (estimated, 640 rows), below 0.9',
    { performance: { metric: 'accuracy', min: 0.9, basis: 'any' } },
    { performance: { value: 0.8, basis: 'estimated', rows: 640 } },
  ],
  [
    false,
    'accuracy is 0.95 (measured, 640 rows), within its limit',
    { performance: { metric: 'accuracy', min: 0.9 } },
    { performance: { value: 0.95, basis: 'measured', rows: 640 } },
  ],
  [
    false,
    'accuracy of the last 7 days is unknown',
    { performance: { metric: 'accuracy', min: 0.9 } },
    {},
  ],
  [
    false,
    '499 new labels, and the policy retrains from 500',
    { labels: { count: 500 } },
    { newLabels: 499 },
  ],
  [
    true,
    '500 new labels, and the policy retrains from 500',
    { labels: { count: 500 } },
    { newLabels: 500 },
  ],
  [false, 'the number of new labels is unknown', { labels: { count: 500 } }, {}],
])('due %s: %s', (due, reason, triggers, more) => {
  expect(decide(triggers, more)).toMatchObject({ due, reason });
});

const due = { newLabels: 500 };
test.each<[string, Partial<RetrainingFacts>]>([
  ['the alias "champion" points to no version', { champion: undefined }],
  ["attempt 7 hasn't ended", { last: { ...last, isEnded: false } }],
  [
    '20 hours since attempt 7, and the policy waits for 24 hours',
    { last: { ...last, requestedAt: NOW - 20 * HOUR } },
  ],
  ['10 attempts this month of at most 10', { attemptsThisMonth: 10 }],
  ['99 rows with a label in 30 days, and the policy needs 100', { labeledRows: 99 }],
])("a trigger that is due doesn't retrain where a limit forbids it: %s", (reason, more) => {
  const decision = decide({ labels: { count: 500 } }, { ...due, ...more });
  expect(decision).toMatchObject({ due: false, trigger: 'labels' });
  expect(decision.reason).toBe(`500 new labels, and the policy retrains from 500; but ${reason}`);
});

test('the trigger of several that are due is the first one, and each has its reason', () => {
  const { trigger, triggers } = decide(
    { schedule: { everyHours: 1 }, labels: { count: 1 } },
    { newLabels: 2 },
  );
  expect([trigger, triggers.map(({ name, holds }) => `${name} ${holds}`)]).toEqual([
    'schedule',
    ['schedule true', 'labels true'],
  ]);
});

const time = fc.integer({ min: NOW - 400 * HOUR, max: NOW });
const policies = fc.record(
  {
    schedule: fc.record({ everyHours: fc.integer({ min: 1, max: 300 }) }),
    drift: fc.record({ minColumns: fc.integer({ min: 1, max: 3 }) }),
    performance: fc.record({
      metric: fc.constant('accuracy'),
      min: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    labels: fc.record({ count: fc.integer({ min: 1, max: 1000 }) }),
  },
  { requiredKeys: [] },
);
const anyFacts: fc.Arbitrary<RetrainingFacts> = fc.record(
  {
    champion: fc.record({ version: fc.integer({ min: 1, max: 9 }), since: time }),
    last: fc.record({
      number: fc.integer({ min: 1, max: 9 }),
      requestedAt: time,
      isEnded: fc.boolean(),
      datasetUntil: time,
    }),
    attemptsThisMonth: fc.integer({ min: 0, max: 12 }),
    drift: fc.record({
      status: fc.constantFrom('drift', 'ok', 'insufficient data'),
      to: time,
      columns: fc.array(fc.string(), { maxLength: 4 }),
    }),
    performance: fc.record({
      value: fc.double({ min: 0, max: 1, noNaN: true }),
      basis: fc.constantFrom('measured', 'estimated'),
      rows: fc.nat(1000),
    }),
    newLabels: fc.nat(2000),
    labeledRows: fc.nat(2000),
  },
  { requiredKeys: ['attemptsThisMonth'] },
);

test('is due exactly where a trigger is due and every limit permits it, and says why in words', () => {
  fc.assert(
    fc.property(policies, anyFacts, (triggers, known) => {
      const decision = decideRetraining(readPolicy({ triggers, training }), known, NOW);
      const anyTrigger = decision.triggers.some(({ holds }) => holds);
      const allLimits = decision.limits.every(({ holds }) => holds);
      expect(decision.due).toBe(anyTrigger && allLimits);
      expect(decision.trigger !== undefined).toBe(anyTrigger);
      expect(decision.triggers.map(({ name }) => name).sort()).toEqual(
        Object.keys(triggers).sort(),
      );
      for (const { reason } of [...decision.triggers, ...decision.limits, decision]) {
        expect(reason).not.toMatch(/^$|undefined|NaN|Infinity/);
      }
      // Never without a version, beside another attempt, within the cooldown, or beyond the budget.
      if (!decision.due) return;
      expect(known.champion).toBeDefined();
      expect(known.last?.isEnded).not.toBe(false);
      expect(NOW - (known.last?.requestedAt ?? 0)).toBeGreaterThanOrEqual(24 * HOUR);
      expect(known.attemptsThisMonth).toBeLessThan(10);
      expect(known.labeledRows ?? 100).toBeGreaterThanOrEqual(100);
    }),
    { numRuns: 2000 },
  );
});

test('a trigger without data is never due', () => {
  fc.assert(
    fc.property(policies, fc.nat(9), (triggers, attemptsThisMonth) => {
      const policy = readPolicy({ triggers, training });
      const { due: isDue } = decideRetraining(policy, { attemptsThisMonth }, NOW);
      expect(isDue).toBe(false);
    }),
  );
});
