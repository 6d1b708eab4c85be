import { createHmac } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { WebhookSender, type WebhookSenderOptions } from '@fairlead/webhooks';
import { startReceiver } from './webhook-receiver.ts';

const keys = [Buffer.alloc(32, 1), Buffer.alloc(24, 2)];
const secrets = keys.map((key) => `whsec_${key.toString('base64')}`);

function open(options: Partial<WebhookSenderOptions>): WebhookSender {
  const sender = new WebhookSender({ destinations: [], secrets, ...options });
  onTestFinished(() => sender.close());
  return sender;
}

test('a webhook is signed with each secret, as Standard Webhooks specifies', async () => {
  const { received, origin } = await startReceiver();
  const sender = open({ destinations: [origin] });
  expect(await sender.deliver(`${origin}/hook?a=b`, 'job-7', '{"x":"ü"}')).toBeUndefined();
  expect(received).toHaveLength(1);
  const [{ url, headers, body } = { url: '', headers: {}, body: '' }] = received;
  expect([url, body]).toEqual(['/hook?a=b', '{"x":"ü"}']);
  expect(headers).toMatchObject({ 'webhook-id': 'job-7', 'content-type': 'application/json' });
  const timestamp = String(headers['webhook-timestamp']);
  expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(60);
  // Computed by the text of the specification, without the code under test.
  const expected = keys.map(
    (key) =>
      `v1,${createHmac('sha256', key).update(`job-7.${timestamp}.${body}`).digest('base64')}`,
  );
  expect(headers['webhook-signature']).toBe(expected.join(' '));
});

test('a status other than 2xx fails the delivery, and a redirect is not followed', async () => {
  const { received, origin } = await startReceiver(500, 302, 200);
  const sender = open({ destinations: [origin] });
  const results = [];
  for (let index = 0; index < 3; index++) results.push(await sender.attempt(origin, 'id', '{}'));
  expect(results).toEqual([
    { reason: 'status 500', isUnreachable: false },
    { reason: 'status 302', isUnreachable: false },
    { isUnreachable: false },
  ]);
  expect(received.map(({ url }) => url)).toEqual(['/', '/', '/']);
});

test('a connection that is reset, and a response that takes too long, count as unreachable', async () => {
  const { origin } = await startReceiver(0);
  const sender = open({ destinations: [origin], timeoutMs: 1000 });
  expect(await sender.attempt(origin, 'id', '{}')).toMatchObject({ isUnreachable: true });
  const { createServer } = await import('node:http');
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as { readonly port: number };
  const hanging = `http://127.0.0.1:${port}`;
  const impatient = open({ destinations: [hanging], timeoutMs: 50 });
  const result = await impatient.attempt(hanging, 'id', '{}');
  expect(result.isUnreachable).toBe(true);
  expect(result.reason).toContain('timeout');
});

test('a URL that is not allowed is never called', async () => {
  const { received, origin } = await startReceiver();
  const sender = open({ destinations: ['http://127.0.0.1:1'] });
  expect(await sender.deliver(origin, 'id', '{}')).toContain('not among the allowed destinations');
  expect(received).toEqual([]);
});

test('delays grow fourfold up to six hours, pauses twofold up to a minute', () => {
  const sender = open({ retryDelayMs: 1000 });
  expect([1, 2, 3, 20].map((attempt) => sender.delayAfter(attempt))).toEqual([
    ...[1000, 4000, 16_000],
    21_600_000,
  ]);
  expect([1, 2, 3, 20].map((failures) => sender.pauseAfter(failures))).toEqual([
    ...[1000, 2000, 4000],
    60_000,
  ]);
});

test.each<[Partial<WebhookSenderOptions>, string]>([
  [{ secrets: [] }, 'at least one secret'],
  [{ secrets: ['whsec_c2hvcnQ='] }, '24 to 64 bytes'],
  [{ secrets: [Buffer.alloc(32).toString('base64')] }, 'must be whsec_'],
  [{ secrets: [`whsec_${'!'.repeat(40)}`] }, 'in base64'],
  [{ destinations: ['a.example'] }, '"a.example" can\'t be a destination of webhooks'],
  [{ destinations: ['https://a.example/?x=1'] }, "can't be a destination"],
  [{ destinations: ['https://a.example/..;/x'] }, "can't be a destination"],
  [
    { destinations: ['http://169.254.169.254'] },
    'metadata and reserved addresses are never allowed',
  ],
  [{ destinations: ['http://[::ffff:169.254.169.254]'] }, 'are never allowed'],
  [{ destinations: ['http://0xa9fea9fe/'] }, 'are never allowed'],
  [{ destinations: ['http://0/'] }, 'are never allowed'],
  [{ privateDestinations: ['http://[fd00:ec2::254]'] }, 'are never allowed'],
  [{ privateDestinations: ['http://[fe80::1]:8080'] }, 'are never allowed'],
  [{ timeoutMs: 0 }, 'timeoutMs is 0'],
  [{ timeoutMs: 60_000 }, 'from 1 to 30000'],
  [{ maxAttempts: 1.5 }, 'maxAttempts is 1.5'],
])('rejects the options %j', (options, message) => {
  expect(() => new WebhookSender({ destinations: [], secrets, ...options })).toThrow(
    expect.objectContaining({
      code: 'ERR_WEBHOOKS_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  );
});

test('a message about a secret does not contain it', () => {
  const secret = `whsec_${Buffer.alloc(10, 'secret').toString('base64')}`;
  expect(() => open({ secrets: [secret] })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining(secret) as string }),
  );
});
