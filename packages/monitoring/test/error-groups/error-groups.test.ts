import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ErrorGroups } from '../../src/index.ts';

const failed = { code: 'ERR_SERVING_RUN_FAILED', model: 'digits', place: 'inference' };

/** Groups with a clock that a test sets. */
function groupsAt(options: { maxGroups?: number; retentionMs?: number } = {}) {
  const clock = { ms: 1000 };
  return { clock, errors: new ErrorGroups({ ...options, now: () => clock.ms }) };
}

describe('ErrorGroups', () => {
  test('counts errors with the same code, model and place together, with the first and the last time', () => {
    const { clock, errors } = groupsAt();
    errors.record({ ...failed, version: '3', requestId: 'a' });
    clock.ms = 5000;
    errors.record({ ...failed, version: 4, requestId: 'b' });
    expect(errors.list()).toEqual([
      {
        ...failed,
        count: 2,
        firstSeenMs: 1000,
        lastSeenMs: 5000,
        example: { atMs: 5000, version: '4', requestId: 'b' },
      },
    ]);
  });

  test('separates errors that differ in one of code, model and place, the latest first', () => {
    const { clock, errors } = groupsAt();
    const others = [
      failed,
      { ...failed, code: 'ERR_SERVING_OVERLOADED' },
      { ...failed, model: 'churn' },
      { ...failed, place: 'load' },
      { code: failed.code, place: failed.place },
    ];
    for (const each of others) {
      clock.ms += 1;
      errors.record(each);
    }
    expect(errors.list().map(({ code, model, place }) => ({ code, model, place }))).toEqual(
      others.map((each) => ({ model: undefined, ...each })).reverse(),
    );
  });

  test('keeps the example with a request id when a later error has none', () => {
    const { clock, errors } = groupsAt();
    errors.record(failed);
    errors.record({ ...failed, requestId: 'a' });
    clock.ms = 2000;
    errors.record(failed);
    expect(errors.list()[0]).toMatchObject({
      count: 3,
      lastSeenMs: 2000,
      example: { atMs: 1000, requestId: 'a' },
    });
  });

  test('counts a clock that is set back as no negative time', () => {
    const { clock, errors } = groupsAt();
    errors.record(failed);
    clock.ms = 10;
    errors.record(failed);
    expect(errors.list()[0]).toMatchObject({ count: 2, firstSeenMs: 1000, lastSeenMs: 1000 });
  });

  test('stores no code, model, place, version or request id that may contain a value', () => {
    const { errors } = groupsAt();
    const value = 'card 4111 1111 1111 1111';
    const hostile = [value, '', 'x'.repeat(1e6), '__proto__', 'a\nb', '<script>', null, {}, 7];
    for (const each of hostile) {
      errors.record({
        code: each as string,
        model: each as string,
        place: each as string,
        version: each === 7 ? value : (each as string),
        requestId: each as string,
      });
    }
    expect(errors.list().map(({ code, model, place }) => [code, model, place])).toEqual([
      ['(invalid)', '(invalid)', '(invalid)'],
    ]);
    expect(errors.list()[0]?.count).toBe(hostile.length);
    expect(JSON.stringify(errors.list()).length).toBeLessThan(300);
  });

  test('counts errors beyond the maximum number of groups, and replaces a group without errors for a day', () => {
    const { clock, errors } = groupsAt({ maxGroups: 2, retentionMs: 500 });
    errors.record({ ...failed, model: 'a' });
    clock.ms += 100;
    errors.record({ ...failed, model: 'b' });
    expect(errors.record({ ...failed, model: 'c' })).toBeUndefined();
    expect(errors.ungrouped).toBe(1);
    expect(errors.record({ ...failed, model: 'a' })).toMatchObject({ count: 2 });
    clock.ms += 500;
    errors.record({ ...failed, model: 'a' });
    expect(errors.record({ ...failed, model: 'c' })).toMatchObject({ count: 1 });
    expect(errors.list().map(({ model }) => model)).toEqual(['a', 'c']);
    expect(errors.ungrouped).toBe(1);
  });

  test('returns copies', () => {
    const { errors } = groupsAt();
    errors.record(failed);
    const before = errors.list();
    errors.record(failed);
    expect(before[0]?.count).toBe(1);
  });

  test('stays within its bounds for any errors, and loses none from the count', () => {
    const text = fc.oneof(fc.string({ maxLength: 300 }), fc.constantFrom('E1', 'a', 'load'));
    const occurrence = fc.record({ code: text, model: text, place: text, requestId: text });
    fc.assert(
      fc.property(fc.array(occurrence, { maxLength: 60 }), (occurrences) => {
        const { errors } = groupsAt({ maxGroups: 5 });
        for (const each of occurrences) errors.record(each);
        const list = errors.list();
        const counted = list.reduce((sum, { count }) => sum + count, errors.ungrouped);
        expect(counted).toBe(occurrences.length);
        expect(list.length).toBeLessThanOrEqual(5);
        expect(JSON.stringify(list).length).toBeLessThan(5 * 1024);
      }),
      { numRuns: 50 },
    );
  });
});
