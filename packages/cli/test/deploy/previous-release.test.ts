import type { AuditEntry } from '@fairlead/deploy';
import { expect, test } from 'vitest';
import { previousRelease } from '../../src/deploy/previous-release.ts';
import {
  releaseHistory,
  unfinishedCommand,
  wasDeployed,
} from '../../src/deploy/release-history.ts';

/**
 * Entries such as `deploy a` and `rollback b`; with `!`, a change that failed; with `?`, one that failed after all hosts but new ones had
 * it; with `*`, the same without the release, which an error has; with `^`, one that was reverted; with `…`, one that
 * was killed.
 */
function entriesOf(...changes: readonly string[]): readonly AuditEntry[] {
  return changes.flatMap((change, index) => {
    const [command = '', release = ''] = change.replace(/[!?*…^]/, '').split(' ');
    const common = {
      ...({ format: 'fairlead-audit/1', id: String(index), at: '2026-01-01T00:00:00Z' } as const),
      ...{ actor: 'ada', environment: 'prod', command },
    };
    const isKnown = command === 'deploy' || !/[*…]$/.test(change);
    const named = isKnown ? { release } : {};
    const started = { ...common, ...(command === 'deploy' && named), phase: 'started' } as const;
    if (change.endsWith('…')) return [started];
    const outcome = /[!?*]$/.test(change)
      ? 'failed'
      : change.endsWith('^')
        ? 'reverted'
        : 'activated';
    const newHosts = /[?*]$/.test(change) ? { newHosts: release } : {};
    return [started, { ...common, ...named, ...newHosts, phase: 'finished', outcome }];
  });
}

const prod = { name: 'prod', isShared: true };

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
    'that of the log after a rollback that failed with an error once all hosts had its release',
    ['deploy a', 'deploy b', 'deploy c', 'rollback b*', 'deploy d'],
    'd',
    'b',
  ],
  [
    'the last one after a deployment that was killed',
    ['deploy a', 'deploy b', 'deploy c…'],
    'c',
    'b',
  ],
  [
    'the one before after a deployment that was reverted',
    ['deploy a', 'deploy b', 'deploy c^', 'rollback…'],
    'b',
    'a',
  ],
  [
    'the one before after a rollback that did nothing',
    ['deploy a', 'deploy b', 'rollback…'],
    'b',
    'a',
  ],
  ['none without a log', [], 'z', undefined],
  ['none of other commands', ['deploy a', 'check b', 'deploy c'], 'c', 'a'],
])('the release before is %s', async (_, changes, current, expected) => {
  expect(await previousRelease(prod, entriesOf(...changes), current)).toBe(expected);
});

test.each([
  [
    'a rollback was killed',
    ['deploy a', 'deploy b', 'deploy c', 'rollback…'],
    'b',
    ['rollback prod --to b keeps theirs', 'deploy prod --release c brings the last one back'],
  ],
  [
    'a rollback failed after the hosts had its release',
    ['deploy a', 'deploy b', 'deploy c', 'rollback b!'],
    'b',
    ['rollback prod --to b keeps theirs', 'deploy prod --release c brings the last one back'],
  ],
  [
    'the log lacks a change',
    ['deploy a', 'deploy b'],
    'z',
    ['deploy prod --release z keeps theirs', 'rollback prod --to <digest>'],
  ],
  [
    'a rollback may have returned the hosts from a deployment that was killed',
    ['deploy a', 'deploy b', 'deploy c…', 'rollback…'],
    'b',
    ['a deployment and a rollback since', 'rollback prod --to b keeps theirs'],
  ],
])('no release before is chosen when %s', async (_, changes, current, messages) => {
  const finding = previousRelease(prod, entriesOf(...changes), current);
  for (const message of messages) await expect(finding).rejects.toThrow(message);
  await expect(finding).rejects.toMatchObject({ code: 'ERR_DEPLOY_HOST' });
});

test('a log of this machine alone may lack changes from others, but not a rollback that it has begun', async () => {
  const local = { name: 'prod', isShared: false };
  const find = (...changes: readonly string[]) =>
    previousRelease(local, entriesOf(...changes), 'b');
  expect(await find('deploy a', 'deploy z')).toBeUndefined();
  await expect(find('deploy a', 'deploy c', 'rollback…')).rejects.toThrow('rollback prod --to b');
});

test.each([
  ['rollback', ['deploy a', 'deploy b', 'rollback…'], 'a'],
  ['deploy', ['deploy a', 'deploy b', 'rollback a', 'deploy c…'], 'c'],
  ['deploy', ['deploy a', 'rollback…', 'deploy b…'], 'b'],
  ['rollback', ['deploy a', 'deploy b…', 'rollback…'], 'a'],
  ['deploy', [], 'a'],
])('%s finishes a change after %j', (command, changes, running) => {
  expect(unfinishedCommand(releaseHistory(entriesOf(...changes)), running)).toBe(command);
});

test('a release counts as deployed after a rollback that failed with an error once all hosts had it', () => {
  expect(wasDeployed(entriesOf('rollback b*'), 'b')).toBe(true);
  expect(wasDeployed(entriesOf('rollback b!', 'deploy c…'), 'b')).toBe(false);
});
