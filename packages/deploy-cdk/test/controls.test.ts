import { existsSync, globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { expect, it } from 'vitest';

const source = resolve(import.meta.dirname, '../src');
const page = readFileSync(resolve(import.meta.dirname, '../../../docs/aws.md'), 'utf8');

/** Cells of the rows of the table that has these columns. */
function tableOf(...columns: readonly string[]): readonly (readonly string[])[] {
  const lines = page.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const start = lines.findIndex((cells) => cells.join() === columns.join());
  expect(start, columns.join()).toBeGreaterThan(-1);
  const rows = lines.slice(start + 2);
  return rows.slice(
    0,
    rows.findIndex((cells) => cells.length === 0),
  );
}

/** Calls of `acknowledgeRule` in the source: rule, file and reason. */
function acknowledgedRules(): (readonly string[])[] {
  return globSync('**/*.ts', { cwd: source })
    .filter((file) => file !== 'nag/acknowledge.ts')
    .flatMap((file) => {
      const text = readFileSync(resolve(source, file), 'utf8');
      const calls = [
        ...text.matchAll(
          /\backnowledgeRule\(\s*[\w.]+,\s*'(\w+)',\s*(?:'(?<reason>[^']*)'|reason),?\s*\)/g,
        ),
      ];
      // No call has another form, which the list would lack.
      expect(calls, file).toHaveLength(text.match(/\backnowledgeRule\(/g)?.length ?? 0);
      return calls.map(({ 1: rule = '', groups, index }) => {
        const before = [...text.slice(0, index).matchAll(/const reason =\s*'([^']*)';/g)];
        return [rule, `\`${file}\``, groups?.reason ?? before.at(-1)?.[1] ?? ''];
      });
    });
}

it('docs/aws.md lists each finding of cdk-nag that the source acknowledges, with its reason, and no other', () => {
  const listed = tableOf('finding', 'acknowledged in', 'reason').map((cells) => cells.join(' | '));
  expect(listed.toSorted()).toEqual(
    acknowledgedRules()
      .map((each) => each.join(' | '))
      .toSorted(),
  );
});

it('each test that docs/aws.md names for a control exists', () => {
  const rows = tableOf('control', 'asserted in', 'left to you');
  const files = rows.flatMap(([, asserted = '']) =>
    [...asserted.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, file = '']) => file),
  );
  expect(files.length).toBeGreaterThan(15);
  expect(files.filter((file) => !existsSync(resolve(import.meta.dirname, file)))).toEqual([]);
});
