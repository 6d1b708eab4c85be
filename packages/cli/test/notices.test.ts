import { expect, test } from 'vitest';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { startReceiver } from './support/webhook-receiver.ts';

const notices = (env: Record<string, string>, ...args: string[]) =>
  run({ folder: temporaryFolder(), env }, 'notices', 'test', ...args);

test('each destination gets a test notice, and its result is printed', async () => {
  const { bodies, url } = await startReceiver();
  const { exitCode, stdout, stderr } = await notices({
    FAIRLEAD_NOTICE_SLACK_WEBHOOKS: `${url}/sentinel-hook`,
    // A setting of the gateway that it doesn't read.
    FAIRLEAD_MAX_QUEUED: 'many',
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^destination +result\n.* +received\n$/);
  expect(stdout).not.toContain('sentinel');
  expect(bodies).toEqual([expect.stringContaining('Test notice')]);
});

test('a destination that refuses is named, without its secret address, and the command fails', async () => {
  const { url } = await startReceiver();
  const addresses = `${url}/sentinel-hook,${url}/sentinel-refused`;
  const refused = await notices({ FAIRLEAD_NOTICE_SLACK_WEBHOOKS: addresses }, '--json');
  expect(refused.exitCode).toBe(1);
  const { results } = JSON.parse(refused.stdout) as { results: { reason?: string }[] };
  expect(results.map(({ reason }) => reason === undefined)).toEqual([true, false]);
  expect(refused.stderr).toContain('1 destination of 2 did not receive the test notice');
  expect(`${refused.stdout}${refused.stderr}`).not.toContain('sentinel');
});

test('settings that name no destination or an invalid one are refused', async () => {
  expect((await notices({})).stderr).toContain('no destination is configured');
  const invalid = await notices({ FAIRLEAD_NOTICE_SENTRY_DSN: 'sentinel' });
  expect(invalid.exitCode).not.toBe(0);
  expect(invalid.stderr).toContain('FAIRLEAD_NOTICE_SENTRY_DSN');
  expect(invalid.stderr).not.toContain('sentinel');
});
