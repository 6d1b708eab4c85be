import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { checkKills } from './check-kills.ts';
import { killRetraining } from './kill-retraining.ts';

// The long form is `npm run soak -- retrain-kills`.
test('commands and trainings that are killed with kill -9 at random moments tear no state, and nothing is pushed or promoted twice', async ({
  annotate,
}) => {
  const result = await killRetraining(temporaryFolder(), 12, 1);
  const { problems, attempts, promotions } = await checkKills(result);
  expect(problems).toEqual([]);
  expect(promotions).toBeGreaterThan(0);
  await annotate(
    `seed 1: ${JSON.stringify(result.kills)} in ${attempts} attempts with ${promotions} promotions`,
  );
});
