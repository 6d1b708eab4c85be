import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  folderJobQueue,
  JobRunner,
  WebhookSender,
  type JobEvent,
  type JobRun,
  type WebhookSenderOptions,
} from '@fairlead/serving';
import { until } from '../memory-source.ts';
import { job } from './job-queue-behaviour.ts';

const root = mkdtempSync(join(tmpdir(), 'fairlead-webhooks-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const keys = [Buffer.alloc(32, 1), Buffer.alloc(24, 2)];
const secrets = keys.map((key) => `whsec_${key.toString('base64')}`);

interface Received {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of webhooks that answers with `statuses`, one after the other, and then with 204. */
async function receiver(...statuses: number[]) {
  const received: Received[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      received.push({ url: req.url, headers: req.headers, body: Buffer.concat(chunks).toString() });
      const status = statuses.shift() ?? 204;
      if (status === 0) req.socket.destroy();
      else res.writeHead(status, { location: '/elsewhere' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { received, origin };
}

/** Runs one job whose webhook is `url`, until `done`. */
async function deliver(
  url: string,
  options: Partial<WebhookSenderOptions>,
  done: (events: readonly JobEvent[]) => boolean,
) {
  const queue = await folderJobQueue(mkdtempSync(join(root, 'q-')), { pollIntervalMs: 20 });
  const webhooks = new WebhookSender({ destinations: [], secrets, retryDelayMs: 1, ...options });
  const events: JobEvent[] = [];
  const answer: JobRun = {
    response: { status: 200, headers: {}, body: Buffer.from('{}') },
    version: '3',
  };
  const runner = new JobRunner({
    queue,
    webhooks,
    run: () => Promise.resolve(answer),
    onEvent: (event) => events.push(event),
  });
  runner.start();
  onTestFinished(async () => {
    await runner.close();
    await webhooks.close();
  });
  const { order } = await queue.enqueue(job('x', { webhookUrl: url }));
  await until(() => done(events));
  return { order, events };
}

const isOver = (events: readonly JobEvent[]): boolean =>
  events.some(({ type }) => type === 'webhook-delivered' || type === 'webhook-given-up');

describe('a webhook', () => {
  test('tells how the job ended, signed with each secret', async () => {
    const { received, origin } = await receiver();
    const { order } = await deliver(`${origin}/hook?a=b`, { destinations: [origin] }, isOver);
    expect(received).toHaveLength(1);
    const [{ url, headers, body } = { url: '', headers: {}, body: '' }] = received;
    expect(url).toBe('/hook?a=b');
    expect(JSON.parse(body)).toMatchObject({
      type: 'job.succeeded',
      data: { id: order.id, status: 'succeeded', model: 'm', version: '3', attempts: 1 },
    });
    expect(headers).toMatchObject({ 'webhook-id': order.id, 'content-type': 'application/json' });
    const timestamp = String(headers['webhook-timestamp']);
    expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(60);
    // As the specification has it, with nothing of ours.
    const expected = keys.map(
      (key) =>
        `v1,${createHmac('sha256', key).update(`${order.id}.${timestamp}.${body}`).digest('base64')}`,
    );
    expect(headers['webhook-signature']).toBe(expected.join(' '));
  });

  test('is delivered again until it is taken, under the same id', async () => {
    const { received, origin } = await receiver(500, 0, 302, 429);
    const { events, order } = await deliver(origin, { destinations: [origin] }, isOver);
    expect(events.at(-1)).toMatchObject({ type: 'webhook-delivered', attempt: 5 });
    expect(received).toHaveLength(5);
    expect(new Set(received.map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set([order.id]),
    );
    // A redirect isn't followed.
    expect(received.map(({ url }) => url)).not.toContain('/elsewhere');
  });

  test('is given up after as many deliveries as configured', async () => {
    const { received, origin } = await receiver(500, 500, 500, 500);
    const options = { destinations: [origin], maxAttempts: 2 };
    const { events } = await deliver(origin, options, isOver);
    expect(events.at(-1)).toMatchObject({
      type: 'webhook-given-up',
      attempt: 2,
      reason: 'answered 500',
    });
    expect(received).toHaveLength(2);
  });

  test('is not sent where webhooks may not go any more', async () => {
    const { received, origin } = await receiver();
    const options = { destinations: ['http://127.0.0.1:1'], maxAttempts: 1 };
    const { events } = await deliver(origin, options, isOver);
    expect(events).toContainEqual(expect.objectContaining({ type: 'webhook-given-up' }));
    expect(received).toEqual([]);
  });
});

describe('where webhooks may go', () => {
  const sender = new WebhookSender({
    destinations: ['https://a.example', 'http://b.example:8080/hooks/', 'https://c.example/x'],
    secrets,
  });
  test.each([
    'https://a.example',
    'https://a.example/any/path?query=1',
    'https://A.EXAMPLE:443/',
    'http://b.example:8080/hooks/1',
    'https://c.example/x',
    'https://c.example/x/y',
  ])('%s is allowed', (url) => {
    expect(sender.allows(url)).toBe(true);
  });

  test.each([
    '',
    'a.example',
    'http://a.example/',
    'https://a.example:444/',
    'https://a.example.evil.example/',
    'https://evil.example/https://a.example/',
    'https://a.example@evil.example/',
    'https://user:pass@a.example/',
    'https://a.example/#fragment',
    'https://evil.example\\@a.example/',
    'http://b.example:8080/',
    'http://b.example:8080/hooks',
    'http://b.example:8080/hooks/../admin',
    'http://b.example:8080/hooks/%2e%2e/admin',
    'http://b.example:8080/hooks/..%2fadmin',
    'https://c.example/xy',
    'file:///etc/passwd',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost/',
    `https://a.example/${'x'.repeat(3000)}`,
  ])('%s is not', (url) => {
    expect(sender.allows(url)).toBe(false);
  });
});

test.each<[Partial<WebhookSenderOptions>, string]>([
  [{ secrets: [] }, 'at least one secret'],
  [{ secrets: ['whsec_c2hvcnQ='] }, '24 to 64 bytes'],
  [{ secrets: [Buffer.alloc(32).toString('base64')] }, 'must be whsec_'],
  [{ secrets: [`whsec_${'!'.repeat(40)}`] }, 'in base64'],
  [{ destinations: ['a.example'] }, '"a.example" can\'t be where webhooks go'],
  [{ destinations: ['https://a.example/?x=1'] }, "can't be where"],
  [{ timeoutMs: 0 }, 'timeoutMs is 0'],
  [{ timeoutMs: 60_000 }, 'at most 30000'],
])('refuses %j', (options, message) => {
  expect(() => new WebhookSender({ destinations: [], secrets, ...options })).toThrow(
    expect.objectContaining({
      code: 'ERR_SERVING_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  );
});
