import type { AuditEntry } from '@fairlead/deploy';
import { expect, test } from 'vitest';
import { previousRelease } from '../../src/deploy/previous-release.ts';

/** Entries such as `deploy a` and `rollback b`; with `!`, a change that failed; with `?`, one that failed after all hosts but new ones had it. */
function entriesOf(...changes: readonly string[]): readonly AuditEntry[] {
  return changes.map((change) => {
    const [command = '', release = ''] = change.replace(/[!?]/, '').split(' ');
    return {
      ...{ format: 'fairlead-audit/1', id: change, at: '2026-01-01T00:00:00Z', phase: 'finished' },
      ...{ actor: 'ada', environment: 'prod', command, release },
      outcome: /[!?]$/.test(change) ? 'failed' : 'activated',
      ...(change.endsWith('?') && { newHosts: release }),
    };
  });
}

test.each([
  ['the deployment before', ['deploy a', 'deploy b'], 'b', 'a'],
  [
    'one that only an instance that was starting lacked',
    ['deploy a', 'deploy b', 'deploy c?', 'deploy d'],
    'd',
    'c',
  ],
  ['none for the first', ['deploy a'], 'a', undefined],
  ['one that did not fail', ['deploy a', 'deploy x!', 'deploy b'], 'b', 'a'],
  [
    'one release further back after a rollback',
    ['deploy a', 'deploy b', 'deploy c', 'rollback b'],
    'b',
    'a',
  ],
  [
    'the other one after a release was deployed again',
    ['deploy a', 'deploy b', 'deploy a'],
    'a',
    'b',
  ],
  ['none after a rollback to the first', ['deploy a', 'deploy b', 'rollback a'], 'a', undefined],
  [
    'none when hosts run another release than the log says',
    ['deploy a', 'deploy b'],
    'z',
    undefined,
  ],
  ['none of other commands', ['deploy a', 'check b', 'deploy c'], 'c', 'a'],
])('the release before is %s', (_, changes, current, expected) => {
  expect(previousRelease(entriesOf(...changes), current)).toBe(expected);
});
