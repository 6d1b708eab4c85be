import { expect, test } from 'vitest';

import { historyAfterRollback, rollbackTarget } from '../../src/agent/rollback-history.ts';

const pending = { digest: 'b', previous: 'c', since: '2026-01-01T00:00:00Z' };

test.each([
  ['the one before', { history: ['c', 'b', 'a'] }, 'b'],
  ['the latest after a killed deployment', { history: ['c', 'b', 'a'], pending }, 'c'],
  [
    'that of a killed rollback',
    { history: ['c', 'b', 'a'], pending: { ...pending, isRollback: true as const } },
    'b',
  ],
  ['none on a new host', { history: ['c'] }, undefined],
])('the release of a rollback is %s', (_, state, expected) => {
  expect(rollbackTarget(state)).toBe(expected);
});

test.each([
  ['b', ['b', 'a']],
  ['a', ['a']],
  ['c', ['c', 'b', 'a']],
  ['x', ['x', 'b', 'a']],
])('a rollback to %s leaves the history %j', (target, expected) => {
  expect(historyAfterRollback({ history: ['c', 'b', 'a'] }, target)).toEqual(expected);
});
