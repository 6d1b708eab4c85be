import { temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { startMotoLink } from '../../support/moto-link.ts';
import { rolloutOutageProblems, runRolloutOutage } from './run-outage.ts';

// The long form is `npm run soak -- rollout-outage`.
test('three gateways whose S3 is unreachable keep the split of a rollout, and lose no count', async () => {
  const result = await runRolloutOutage({
    ...(await startMotoLink()),
    folder: temporaryFolder(),
    ...{ perSecond: 200, secondsBefore: 2, awaySeconds: 15 },
    settings: { FAIRLEAD_ROLLOUT_JUDGE_INTERVAL_MS: '300' },
  });
  expect(rolloutOutageProblems(result)).toEqual([]);
  expect(result.sentDuringOutage).toBeGreaterThan(100);
});
