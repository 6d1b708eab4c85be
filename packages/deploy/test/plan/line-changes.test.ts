import fc from 'fast-check';
import { expect, it } from 'vitest';

import { lineChanges, type LineChange } from '../../src/plan/line-changes.ts';

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const shown = (changes: readonly LineChange[]): readonly string[] =>
  changes.map(({ action, line }) => `${action === 'add' ? '+' : '-'}${line}`);

it.each([
  ['a\nb\nc\n', 'a\nb\nc\n', []],
  ['a\nb\nc\n', 'a\nx\nc\n', ['-b', '+x']],
  ['', 'a\nb\n', ['+a', '+b']],
  ['a\nb\n', '', ['-a', '-b']],
  ['a\nb\nc\nd\n', 'b\nd\ne\n', ['-a', '-c', '+e']],
  ['a\na\n', 'a\n', ['-a']],
])('from %j to %j: %j', (before, after, changes) => {
  expect(shown(lineChanges(before, after))).toEqual(changes);
});

it('removed lines are of the old text, added ones of the new, and no line is both', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const changes = lineChanges(text(before), text(after));
      const count = (action: string, list: readonly string[]): number =>
        list.length - changes.filter((change) => change.action === action).length;
      // The rest of both texts has the same number of lines, as many as the longest common subsequence.
      expect(count('remove', before)).toBe(count('add', after));
      expect(count('remove', before)).toBe(commonLength(before, after));
    }),
    { numRuns: 300 },
  );
});

/** Length of the longest common subsequence, by its definition. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  const [first, ...rest] = a;
  if (first === undefined) return 0;
  const found = b.indexOf(first);
  const without = commonLength(rest, b);
  return found === -1 ? without : Math.max(without, 1 + commonLength(rest, b.slice(found + 1)));
}
