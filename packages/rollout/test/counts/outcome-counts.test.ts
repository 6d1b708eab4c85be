import { StepCounts, type CountedOutcome, type StepCountsDocument } from '@fairlead/rollout';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const place = { rollout: 'churn-4', step: 1 };
const keys = fc.integer({ min: 0, max: 30 }).map((id) => `user-${id}`);

type Event =
  | { readonly variant: string; readonly key: string; readonly user?: 'stays' | 'changes' }
  | CountedOutcome;

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    variant: fc.constantFrom('baseline', 'candidate'),
    key: keys,
    user: fc.constantFrom('stays', 'changes'),
  }),
  fc.record({
    key: keys,
    metric: fc.constantFrom('conversion', 'revenue'),
    value: fc.constantFrom(0, -0, 1, 2.5),
    at: fc.integer({ min: 0, max: 5 }).map((second) => second * 1000),
  }),
);

function countsOf(events: readonly Event[]): StepCounts {
  const counts = new StepCounts(place);
  for (const each of events) {
    if ('metric' in each) counts.addOutcome(each);
    else counts.add({ ...each, events: [] });
  }
  return counts;
}

const parse = (counts: StepCounts): StepCounts =>
  StepCounts.fromDocument(JSON.parse(JSON.stringify(counts.toDocument())) as StepCountsDocument);

/** Users and outcomes in their stored form, independent of the order of their names. */
const stored = (counts: StepCounts): string => {
  const { users = {}, metrics = {} } = counts.toDocument().outcomes ?? {};
  return JSON.stringify([Object.entries(users).sort(), Object.entries(metrics).sort()]);
};

describe('outcomes of an A/B test', () => {
  it('count the same on one host and on many, in any order, also if they are delivered again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(event), { maxLength: 4 }),
        fc.array(fc.nat()),
        (hosts, order) => {
          const events = hosts.flat();
          const whole = stored(countsOf(events));
          const parts = hosts.map(countsOf);
          for (const merged of [parts, [...parts].reverse(), [...parts, ...parts]]) {
            const total = new StepCounts(place);
            for (const part of merged) total.merge(parse(part));
            expect(stored(total)).toBe(whole);
          }
          // Each event again, in another order.
          const shuffled = events
            .map((each, index) => [order[index] ?? 0, each] as const)
            .sort(([a], [b]) => a - b)
            .map(([, each]) => each);
          expect(stored(countsOf([...shuffled, ...events]))).toBe(whole);
        },
      ),
    );
  });

  it('are grouped in any way, also where there are so many that a sample is counted', () => {
    const outcomes = (from: number): Event[] =>
      Array.from({ length: 60_000 }, (_, index) => ({
        ...{ key: `user-${from + index}`, metric: 'conversion' },
        ...{ value: (from + index) % 2, at: 1000 },
      }));
    const users = (from: number): Event[] =>
      Array.from({ length: 40_000 }, (_, index) => ({
        ...{ key: `user-${from + index}`, variant: 'baseline', user: 'stays' as const },
      }));
    const [a, b, c] = [0, 50_000, 90_000].map((from) =>
      countsOf([...outcomes(from), ...users(from)]),
    ) as [StepCounts, StepCounts, StepCounts];
    const merge = (...parts: readonly StepCounts[]): StepCounts => {
      const total = new StepCounts(place);
      for (const part of parts) total.merge(part);
      return total;
    };
    const left = merge(merge(a, b), c);
    expect(stored(left)).toBe(stored(merge(a, merge(c, b))));
    const { users: counted, metrics } = left.outcomes ?? {};
    expect(counted?.get('baseline')?.level).toBe(1);
    expect(counted?.get('baseline')?.size).toBeLessThanOrEqual(65_536);
    expect(metrics?.get('conversion')?.level).toBe(1);
    expect(metrics?.get('conversion')?.outcomes.size).toBeLessThanOrEqual(131_072);
  });

  it('are the first ones: the earliest, and of the same second the smallest', () => {
    const outcome = { key: 'a', metric: 'revenue' };
    const counts = countsOf([
      { ...outcome, value: 7, at: 5000 },
      { ...outcome, value: 3, at: 2900 },
      { ...outcome, value: 2, at: 2100 },
      { ...outcome, value: 1, at: 9000 },
    ]);
    const [first] = counts.outcomes?.metrics.get('revenue')?.outcomes.values() ?? [];
    expect(first).toEqual({ second: 2, value: 2 });
  });

  it('are not part of the counts of a canary', () => {
    const counts = new StepCounts(place);
    counts.add({ variant: 'candidate', key: 'a', events: [] });
    expect(counts.toDocument()).not.toHaveProperty('outcomes');
    counts.merge(parse(counts));
    expect(counts.outcomes).toBeUndefined();
  });

  const bytes = (hash: number, value: number): string => {
    const buffer = Buffer.alloc(16);
    buffer.writeUInt32LE(hash, 0);
    buffer.writeDoubleLE(value, 8);
    return buffer.toString('base64');
  };
  it.each<[string, unknown, string]>([
    ['null', null, 'outcomes.users must be an object of up to 3, got undefined.'],
    ['a list of users', { users: [], metrics: {} }, 'outcomes.users must be an object of up to 3'],
    [
      'four variants',
      { users: { a: {}, b: {}, c: {}, d: {} }, metrics: {} },
      'outcomes.users must be an object of up to 3',
    ],
    [
      'five metrics',
      { users: {}, metrics: { a: {}, b: {}, c: {}, d: {}, e: {} } },
      'outcomes.metrics must be an object of up to 4',
    ],
    [
      'no level',
      { users: {}, metrics: { a: { outcomes: '' } } },
      'outcomes.metrics["a"].level must be an integer from 0 to 32, got undefined.',
    ],
    [
      'no text',
      { users: {}, metrics: { a: { level: 0, outcomes: 5 } } },
      'outcomes.metrics["a"].outcomes must be base64, got 5.',
    ],
    [
      'half an outcome',
      { users: {}, metrics: { a: { level: 0, outcomes: 'AAAA' } } },
      'outcomes.metrics["a"].outcomes has 3 bytes, not a multiple of 16.',
    ],
    [
      'an outcome that is no number',
      { users: {}, metrics: { a: { level: 0, outcomes: bytes(1, NaN) } } },
      'outcomes.metrics["a"].outcomes has NaN of 1, which isn\'t a finite number of level 0.',
    ],
    [
      'an outcome of another level',
      { users: {}, metrics: { a: { level: 1, outcomes: bytes(2 ** 31, 1) } } },
      "isn't a finite number of level 1.",
    ],
  ])('reject a stored form with %s', (_, outcomes, message) => {
    const document = { rollout: 'x', step: 0, variants: {}, outcomes } as StepCountsDocument;
    expect(() => StepCounts.fromDocument(document)).toThrow(message);
  });
});
