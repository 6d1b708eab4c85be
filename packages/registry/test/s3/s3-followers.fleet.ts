import { test } from 'vitest';
import { convergingFollowers } from '../support/converging-followers.ts';

test('50 followers of one alias converge, also after an outage, with one small read per poll', async ({
  annotate,
}) => {
  const convergedMs = await convergingFollowers(50);
  await annotate(`the last one followed after ${convergedMs.toFixed(0)} ms`);
});
