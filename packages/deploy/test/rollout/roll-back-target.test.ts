import { describe, expect, test } from 'vitest';

import type { HostStatus } from '../../src/index.ts';
import { findTarget } from '../../src/rollout/roll-back-target.ts';

/** Status of a host with the releases `c b a`; `c>b` is a killed rollback to `b`, and `c+d` a killed deployment of `d`. */
function hostWith(text: string): HostStatus {
  const [first = '', ...rest] = text.split(' ');
  const [current = '', mark, other] = first.split(/([>+])/);
  const status = { current, history: [current, ...rest], units: {} };
  return mark === undefined
    ? { ...status, pending: undefined }
    : { ...status, pending: other, isRollback: mark === '>' };
}

/** Releases whose audit log has `c`, then `b`, then `a`. */
const releases = {
  fetch: () => Promise.reject(new Error('not fetched')),
  previous: (current: string) =>
    Promise.resolve(current === 'c' ? 'b' : current === 'b' ? 'a' : undefined),
};

const targetOf = (...hosts: readonly string[]) =>
  findTarget(
    hosts.map((text, index) => [`i-${index + 1}`, hostWith(text)] as const),
    releases,
  );

describe('the release that all hosts return to', () => {
  test.each([
    ['the one before', ['c b a', 'c b a'], 'b'],
    ['that of the hosts that are done, after a rollback that stopped', ['b a', 'c b a'], 'b'],
    ['the same when the other host is new', ['b a', 'c'], 'b'],
    ['the same when every host is new', ['b', 'c'], 'b'],
    ['that of a killed rollback', ['c>b b a'], 'b'],
    ['the same when another host is done', ['b a', 'c>b b a'], 'b'],
    ['the same when the others are new', ['c>b b a', 'c'], 'b'],
    ['the latest after a killed deployment', ['c+d b', 'c'], 'c'],
    ['the old one after an update that stopped', ['c b', 'b'], 'b'],
    ['that of the log when every host is new', ['c', 'c'], 'b'],
  ])('is %s', async (_, hosts, expected) => {
    expect(await targetOf(...hosts)).toBe(expected);
  });

  test('is found on the hosts alone after a change that stopped, where the log lacks it', async () => {
    const previous = () => Promise.reject(new Error('the log lacks b'));
    const find = (...texts: readonly string[]) =>
      findTarget(
        texts.map((text, index) => [`i-${index + 1}`, hostWith(text)] as const),
        { ...releases, previous },
      );
    expect(await find('b', 'c b a')).toBe('b');
    await expect(find('b a', 'b a')).rejects.toThrow('the log lacks b');
  });

  test.each([
    ['one host names another release than the log', ['c x', 'c', 'c'], 'i-1 to x, i-2 to b'],
    ['all hosts name another release than the log', ['c x', 'c x'], 'audit log names b'],
    ['the log does not know what new hosts run', ['z y', 'z'], 'i-2 to none'],
    ['no host is old and the log does not know', ['z', 'z'], 'No host has a release before'],
    ['a new host runs a release whose one before is another', ['x a', 'c'], 'i-2 to b'],
  ])('is refused when %s', async (_, hosts, message) => {
    const finding = targetOf(...hosts);
    await expect(finding).rejects.toThrow(message);
    await expect(finding).rejects.toThrow('rollback --to');
  });
});
