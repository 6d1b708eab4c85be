import { temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { checkKills } from './check-kills.ts';
import { killGateways } from './kill-gateways.ts';

// The long form is `npm run soak -- rollout-kills`.
test('gateways that are killed at random moments tear no rollout, and promote nothing twice', async ({
  annotate,
}) => {
  const result = await killGateways(temporaryFolder(), 10, 1);
  expect(checkKills(result)).toEqual([]);
  await annotate(`${result.responses} responses, ${result.rollouts.length} rollouts`);
});
