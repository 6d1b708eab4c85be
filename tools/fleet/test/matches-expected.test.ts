import { expect, test } from 'vitest';

import { matchesExpected } from '../src/index.ts';

test.each([
  [{ a: 1, more: true }, { a: 1 }],
  [{ data: [1.000001, -200.001] }, { data: [1, -200] }],
  [0.000009, 0],
  ['text', 'text'],
  [null, null],
])('%j has every member of %j', (actual, expected) => {
  expect(matchesExpected(actual, expected)).toBe(true);
});

test.each([
  [{ more: true }, { a: 1 }],
  [
    [1, 2, 3],
    [1, 2],
  ],
  [1.0001, 1],
  ['1', 1],
  [Number.NaN, 1],
  [null, { a: 1 }],
  [undefined, { a: 1 }],
])('%j differs from %j', (actual, expected) => {
  expect(matchesExpected(actual, expected)).toBe(false);
});
