import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** A receiver of webhooks that answers `/sentinel-refused` with 403. */
async function startReceiver() {
  const bodies: string[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => (body += text));
    req.on('end', () => {
      bodies.push(body);
      res.writeHead(req.url === '/sentinel-refused' ? 403 : 200).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  );
  return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

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
