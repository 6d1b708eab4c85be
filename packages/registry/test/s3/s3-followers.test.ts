import { test } from 'vitest';
import { convergingFollowers } from '../support/converging-followers.ts';

test('8 followers of one alias converge, also after an outage, with one small read per poll', async ({
  annotate,
}) => {
  const convergedMs = await convergingFollowers(8);
  await annotate(`the last one followed after ${convergedMs.toFixed(0)} ms`);
});
