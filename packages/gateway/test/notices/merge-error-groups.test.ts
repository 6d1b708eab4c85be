import type { ErrorGroup } from '@fairlead/monitoring';
import { expect, test } from 'vitest';
import { mergeErrorGroups } from '../../src/notices/merge-error-groups.ts';

function group(code: string, count: number, firstSeenMs: number, lastSeenMs: number): ErrorGroup {
  const example = { atMs: lastSeenMs, requestId: `at-${lastSeenMs}` };
  return { code, model: 'churn', place: 'inference', count, firstSeenMs, lastSeenMs, example };
}

test('groups of several processes are counted together, with the latest example', () => {
  expect(
    mergeErrorGroups([
      [group('A', 2, 10, 30), group('B', 1, 50, 50)],
      [group('A', 3, 5, 70)],
      [group('A', 1, 20, 20)],
    ]),
  ).toEqual([{ ...group('A', 6, 5, 70) }, group('B', 1, 50, 50)]);
});
