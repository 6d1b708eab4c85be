import { expect, test } from 'vitest';
import { findOnsets } from '../../src/rules/onset.ts';

const rule = { flagged: 2, of: 3 };
const flags = (text: string): boolean[] => Array.from(text, (each) => each === 'x');

test.each([
  ['', false, []],
  ['x', false, []],
  ['xx', true, [1]],
  ['x.x', true, [2]],
  ['x..x', false, []],
  ['xx..', true, [1]],
  ['xx...', false, [1]],
  ['xx...xx', true, [1, 6]],
  ['x.x.x.x', true, [2]],
])('windows %s alert: %s, beginning at %j', (text, isActive, begins) => {
  expect(findOnsets(flags(text), rule)).toEqual({ isActive, begins });
});

test('one of one alerts at once', () => {
  expect(findOnsets(flags('.x.'), { flagged: 1, of: 1 })).toEqual({ isActive: false, begins: [1] });
});
