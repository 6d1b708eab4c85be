import type { FollowedVersion } from '@fairlead/serving';
import { expect, test } from 'vitest';
import { followCandidate } from '../../src/rollouts/follow-candidate.ts';

test('a candidate is yielded once, once more when it leaves the background, and then the version of the alias', async () => {
  const copying: FollowedVersion = { version: 2, isBackground: true };
  const answering: FollowedVersion = { version: 2, isBackground: false };
  // A canary may follow a shadow within one poll.
  const seen = [undefined, copying, { ...copying }, answering, { ...answering }, undefined];
  const controller = new AbortController();
  const yielded: FollowedVersion[] = [];
  let polls = 0;
  for await (const target of followCandidate({
    prepare: () => Promise.resolve(),
    candidate() {
      polls += 1;
      if (polls > 10) controller.abort();
      return seen[polls - 1];
    },
    current: () => '1',
    intervalMs: 1,
    signal: controller.signal,
  })) {
    yielded.push(target);
  }
  expect(yielded).toEqual([copying, answering, { version: 1, isBackground: false }]);
});
