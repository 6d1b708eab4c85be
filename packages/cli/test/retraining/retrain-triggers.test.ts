import { join } from 'node:path';
import { readLoans } from '@fairlead/test-support';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pushLoans, recordShift } from '../support/car-loans.ts';
import {
  captureLoans,
  DAY_MS,
  FIRST_DAY,
  labelLoans,
  pushCalibratedLoans,
} from '../support/captured-loans.ts';
import { run, runJson, type Place } from '../support/fairlead.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Status {
  readonly decision: {
    readonly due: boolean;
    readonly trigger?: string;
    readonly triggers: readonly { readonly name: string; readonly reason: string }[];
  };
}

function prepare(): Place {
  return {
    folder: temporaryFolder(),
    env: {
      FAIRLEAD_REGISTRY: './registry',
      FAIRLEAD_CAPTURE_LOCATION: './captures',
      FAIRLEAD_ACTOR: 'ada',
    },
  };
}

async function decide(place: Place, ...policy: readonly string[]): Promise<Status['decision']> {
  const set = await run(place, 'retrain', 'policy', 'loans', ...policy, '--', './train');
  expect(set).toMatchObject({ exitCode: 0, stderr: '' });
  return ((await runJson(place, 'retrain', 'status', 'loans')) as unknown as Status).decision;
}

test('measured performance below its limit is due, and that within it is not', async () => {
  const place = prepare();
  const analysis = readLoans('analysis');
  await pushCalibratedLoans(join(place.folder, 'registry'));
  await captureLoans(place.folder, analysis);
  await labelLoans(place.folder, analysis, { from: 0, to: 5000 });
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ now: FIRST_DAY + 10 * DAY_MS, toFake: ['Date'] });
  const bad = await decide(place, '--below', 'accuracy=0.99');
  expect(bad).toMatchObject({ due: true, trigger: 'performance' });
  expect(bad.triggers[0]?.reason).toMatch(
    /^accuracy is 0\.\d+ \(measured, 3500 rows\), below 0.99$/,
  );
  expect(await decide(place, '--below', 'accuracy=0.5')).toMatchObject({ due: false });
  const set = await run(place, 'retrain', 'policy', 'loans', '--below', 'acuracy=0.9');
  expect(set.exitCode).toBe(0);
  const { exitCode, stderr } = await run(place, 'retrain', 'status', 'loans');
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringContaining("the metric acuracy, which isn't measured; there are accuracy, "),
  ]);
});

test('drift is due, and a verdict of `retrain status` is stored nowhere', async () => {
  const place = prepare();
  const store = await pushLoans(join(place.folder, 'registry'));
  await recordShift(store);
  expect(await decide(place, '--on-drift', '--min-rows', '1')).toMatchObject({
    due: false,
    trigger: 'drift',
    reason: expect.stringMatching(
      /^drift of .*loan_length.* until .*Z; but 0 rows with a label in 30 days, and the policy needs 1$/,
    ) as string,
  });
  expect(await store.list('drift/loans')).toEqual([]);
});
