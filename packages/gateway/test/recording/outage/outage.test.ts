import { temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { startMotoLink } from '../../support/moto-link.ts';
import { outageProblems, runOutage } from './run-outage.ts';

// A create fails after ten seconds; then the windows of a second each wait on the disk.
const WINDOWS_BYTES = 4000;
const CAPTURES_BYTES = 20_000;

test('an outage of the store fails no request; what does not fit on the disk is counted exactly', async () => {
  const [roomy, small] = await runOutage({
    ...(await startMotoLink()),
    folder: temporaryFolder(),
    ...{ perSecond: 40, secondsAround: 3, awaySeconds: 25 },
    gateways: [
      { FAIRLEAD_WINDOWS_SLOT_MS: '1000', FAIRLEAD_CAPTURE_SHARE: '0.5' },
      {
        FAIRLEAD_WINDOWS_SLOT_MS: '1000',
        FAIRLEAD_CAPTURE_SHARE: '0.5',
        FAIRLEAD_WINDOWS_SPOOL_BYTES: String(WINDOWS_BYTES),
        FAIRLEAD_CAPTURE_SPOOL_BYTES: String(CAPTURES_BYTES),
      },
    ],
  });
  if (roomy === undefined || small === undefined) throw new Error('a gateway has no result');
  expect([...outageProblems(roomy), ...outageProblems(small)]).toEqual([]);
  expect(roomy).toMatchObject({ uncounted: 0, notCaptured: 0 });
  expect(small.uncounted).toBeGreaterThan(0);
  expect(small.largestWindows).toBeLessThanOrEqual(WINDOWS_BYTES);
  expect(small.notCaptured).toBeGreaterThan(0);
  expect(small.largestCaptures).toBeLessThanOrEqual(CAPTURES_BYTES);
});
