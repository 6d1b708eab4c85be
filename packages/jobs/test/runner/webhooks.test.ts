import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { JobRunner, type JobEvent, type JobRun } from '@fairlead/jobs';
import { folderJobQueue } from '@fairlead/jobs/folder';
import { WebhookSender, type WebhookSenderOptions } from '@fairlead/webhooks';
import { WebhookDispatcher } from '../../src/runner/webhook-dispatcher.ts';
import { slowness, until } from '@fairlead/test-support';
import { job } from '../queue/job-queue-behavior.ts';

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
  const { request } = await queue.enqueue(job('x', { webhookUrl: url }));
  await until(() => done(events));
  return { request, events };
}

const isOver = (events: readonly JobEvent[]): boolean =>
  events.some(({ type }) => type === 'webhook-delivered' || type === 'webhook-abandoned');

describe('a webhook', () => {
  test('describes the finished job, signed with each secret', async () => {
    const { received, origin } = await receiver();
    const { request } = await deliver(`${origin}/hook?a=b`, { destinations: [origin] }, isOver);
    expect(received).toHaveLength(1);
    const [{ url, headers, body } = { url: '', headers: {}, body: '' }] = received;
    expect(url).toBe('/hook?a=b');
    expect(JSON.parse(body)).toMatchObject({
      type: 'job.succeeded',
      data: { id: request.id, status: 'succeeded', model: 'm', version: '3', attempts: 1 },
    });
    expect(headers).toMatchObject({ 'webhook-id': request.id, 'content-type': 'application/json' });
    const timestamp = String(headers['webhook-timestamp']);
    expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(60);
    // As the specification has it, with nothing of ours.
    const expected = keys.map(
      (key) =>
        `v1,${createHmac('sha256', key).update(`${request.id}.${timestamp}.${body}`).digest('base64')}`,
    );
    expect(headers['webhook-signature']).toBe(expected.join(' '));
  });

  test('is delivered again until it is accepted, under the same id', async () => {
    const { received, origin } = await receiver(500, 0, 302, 429);
    const { events, request } = await deliver(origin, { destinations: [origin] }, isOver);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'webhook-delivered', attempt: 5 }),
    );
    expect(received).toHaveLength(5);
    expect(new Set(received.map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set([request.id]),
    );
    // A redirect isn't followed.
    expect(received.map(({ url }) => url)).not.toContain('/elsewhere');
  });

  test('is abandoned after maxAttempts deliveries', async () => {
    const { received, origin } = await receiver(500, 500, 500, 500);
    const options = { destinations: [origin], maxAttempts: 2 };
    const { events } = await deliver(origin, options, isOver);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'webhook-abandoned', attempt: 2, reason: 'status 500' }),
    );
    expect(received).toHaveLength(2);
  });

  test('is not sent where webhooks may not go any more', async () => {
    const { received, origin } = await receiver();
    const options = { destinations: ['http://127.0.0.1:1'], maxAttempts: 1 };
    const { events } = await deliver(origin, options, isOver);
    expect(events).toContainEqual(expect.objectContaining({ type: 'webhook-abandoned' }));
    expect(received).toEqual([]);
  });
});

test('a receiver that hangs delays no webhook to another receiver, and gets few deliveries', async () => {
  const hanging = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  let connections = 0;
  hanging.on('connection', () => (connections += 1));
  onTestFinished(() => {
    hanging.close();
    hanging.closeAllConnections();
  });
  const hangs = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
  const good = await receiver();
  const queue = await folderJobQueue(mkdtempSync(join(root, 'q-')), { pollIntervalMs: 20 });
  // The timeout that ships.
  const webhooks = new WebhookSender({ destinations: [hangs, good.origin], secrets });
  const events: JobEvent[] = [];
  const run = (): Promise<JobRun> =>
    Promise.resolve({ response: { status: 200, headers: {}, body: Buffer.from('{}') } });
  const runner = new JobRunner({ queue, webhooks, run, onEvent: (event) => events.push(event) });
  for (let index = 0; index < 24; index++) {
    const webhookUrl = `${hangs}/${index}`;
    await queue.enqueue(job(String(index), { owner: 'star', webhookUrl }));
  }
  runner.start();
  onTestFinished(async () => {
    await webhooks.close();
    await runner.close({ graceMs: 1 });
  });
  await until(() => connections === 4);
  const begun = performance.now();
  for (const owner of ['star', 'bob']) {
    await queue.enqueue(job('good', { owner, webhookUrl: `${good.origin}/${owner}` }));
  }
  await until(() => good.received.length === 2);
  expect(performance.now() - begun).toBeLessThan(5000 * slowness());
  expect(connections).toBe(4);
  expect(events.some(({ type }) => type === 'webhook-retried')).toBe(false);
  // Another client's webhooks to the same origin have their own places.
  await queue.enqueue(job('own', { owner: 'bob', webhookUrl: `${hangs}/bob` }));
  await until(() => connections === 5);
});

test('a job that can not be described takes no place of other webhooks', async () => {
  const good = await receiver();
  const queue = await folderJobQueue(mkdtempSync(join(root, 'q-')), { pollIntervalMs: 20 });
  const webhooks = new WebhookSender({ destinations: [good.origin], secrets });
  onTestFinished(() => webhooks.close());
  const end = async (body: string, finishedAtMs: number): Promise<void> => {
    const { signal } = new AbortController();
    await queue.enqueue(job(body, { webhookUrl: `${good.origin}/${body}` }));
    const claim = await queue.leaseJob({ leaseMs: 60_000, signal });
    await claim?.finish({ state: 'failed', attempts: 1, reason: 'x', finishedAtMs });
  };
  // As many as may be delivered to one destination at a time, each with a time that no calendar has.
  for (let index = 0; index < 4; index++) await end(`damaged-${index}`, 9e15);
  await end('intact', Date.now());
  const events: JobEvent[] = [];
  const dispatcher = new WebhookDispatcher({
    queue,
    sender: webhooks,
    onEvent: (event) => events.push(event),
  });
  const signal = AbortSignal.timeout(5000);
  for (let index = 0; index < 5; index++) await dispatcher.dispatchNext(signal);
  await dispatcher.close();
  expect(good.received.map(({ url }) => url)).toEqual(['/intact']);
  const types = events.map(({ type }) => type).sort();
  expect(types).toEqual([...Array<string>(4).fill('queue-failed'), 'webhook-delivered']);
});
