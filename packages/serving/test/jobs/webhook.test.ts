import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
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
import { DeliverySlots } from '../../src/jobs/webhook/delivery-slots.ts';
import { NoticeDispatcher } from '../../src/jobs/webhook/notice-dispatcher.ts';
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
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'webhook-delivered', attempt: 5 }),
    );
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
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'webhook-given-up', attempt: 2, reason: 'answered 500' }),
    );
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

describe('the address that a name resolves to', () => {
  /** A sender whose names resolve to `addresses`, one after the other, and then to the last one. */
  function resolving(addresses: readonly string[], options: Partial<WebhookSenderOptions>) {
    const asked: string[] = [];
    const left = [...addresses];
    const sender = new WebhookSender({
      destinations: [],
      secrets,
      resolve: (hostname, _options, callback) => {
        asked.push(hostname);
        const address = (left.length > 1 ? left.shift() : left[0]) ?? '';
        callback(null, [{ address, family: isIP(address) }]);
      },
      ...options,
    });
    onTestFinished(() => sender.close());
    return { sender, asked };
  }

  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '192.168.1.1',
    '172.31.0.1',
    '100.64.0.1',
    '::1',
    'fc00::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    'fd00:ec2::254',
    'fe80::1',
    '0.0.0.0',
    '::',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
  ])('%s is refused for a destination that was not allowed to be private', async (address) => {
    const { sender } = resolving([address], { destinations: ['http://hooks.example'] });
    const { reason, isUnreachable } = await sender.attempt('http://hooks.example/1', 'id', '{}');
    expect(reason).toContain(`hooks.example is at ${address}`);
    expect(isUnreachable).toBe(true);
  });

  test.each(['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', 'fe80::1', '0.0.0.0'])(
    '%s is refused for a private destination too',
    async (address) => {
      const { sender } = resolving([address], { privateDestinations: ['http://hooks.example'] });
      expect(await sender.deliver('http://hooks.example/1', 'id', '{}')).toContain('may not go to');
    },
  );

  test('is the one that is connected to: a name that changes is checked at each delivery', async () => {
    const { received, origin } = await receiver();
    const { port } = new URL(origin);
    const url = `http://hooks.example:${port}/1`;
    const { sender, asked } = resolving(['127.0.0.1', '169.254.169.254'], {
      privateDestinations: [`http://hooks.example:${port}`],
    });
    expect(await sender.deliver(url, 'id', '{}')).toBeUndefined();
    expect(received).toHaveLength(1);
    expect(received[0]?.headers.host).toBe(`hooks.example:${port}`);
    expect(asked).toEqual(['hooks.example']);
    // Until its connection has ended, nothing is resolved anew; the next one is checked.
    await until(async () => (await sender.deliver(url, 'id', '{}')) !== undefined);
    expect(asked).toHaveLength(2);
  });

  test('one refused address among others refuses the name', async () => {
    const { origin } = await receiver();
    const { port } = new URL(origin);
    const sender = new WebhookSender({
      destinations: [],
      privateDestinations: [`http://hooks.example:${port}`],
      secrets,
      resolve: (_hostname, _options, callback) => {
        const addresses = ['127.0.0.1', '169.254.169.254'];
        callback(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );
      },
    });
    onTestFinished(() => sender.close());
    const reason = await sender.deliver(`http://hooks.example:${port}/1`, 'id', '{}');
    expect(reason).toContain('169.254.169.254');
  });

  test('may be of this host where the destination says so', async () => {
    const { received, origin } = await receiver();
    const { port } = new URL(origin);
    const urls = [
      `http://127.0.0.1:${port}`,
      `http://localhost:${port}`,
      `http://2130706433:${port}`,
    ];
    for (const url of urls) {
      const sender = new WebhookSender({ destinations: [url], secrets });
      onTestFinished(() => sender.close());
      expect([url, await sender.deliver(`${url}/x`, 'id', '{}')]).toEqual([url, undefined]);
    }
    expect(received).toHaveLength(urls.length);
  });
});

test('a receiver that hangs holds up no webhook to another, and few of its own are tried', async () => {
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
  expect(performance.now() - begun).toBeLessThan(5000);
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
    const claim = await queue.claim({ leaseMs: 60_000, signal });
    await claim?.finish({ state: 'failed', attempts: 1, reason: 'x', finishedAtMs });
  };
  // As many as may be delivered to one destination at a time, each with a time that no calendar has.
  for (let index = 0; index < 4; index++) await end(`damaged-${index}`, 9e15);
  await end('intact', Date.now());
  const events: JobEvent[] = [];
  const dispatcher = new NoticeDispatcher({
    queue,
    sender: webhooks,
    onEvent: (event) => events.push(event),
  });
  const signal = AbortSignal.timeout(5000);
  for (let index = 0; index < 5; index++) await dispatcher.next(signal);
  await dispatcher.close();
  expect(good.received.map(({ url }) => url)).toEqual(['/intact']);
  const types = events.map(({ type }) => type).sort();
  expect(types).toEqual([...Array<string>(4).fill('queue-failed'), 'webhook-delivered']);
});

test('after deliveries without an answer a destination pauses, and one delivery tries again', async () => {
  const pauses: number[] = [];
  const slots = new DeliverySlots((failures) => {
    pauses.push(failures);
    return 50;
  });
  const notice = { owner: 'ann', webhookUrl: 'https://a.example/1' };
  const other = { ...notice, owner: 'bob' };
  const taken = Array.from({ length: 4 }, () => slots.take(notice));
  expect([slots.accepts(notice), slots.accepts(other)]).toEqual([false, true]);
  let freed = 0;
  const stop = slots.onFreed(() => (freed += 1));
  for (const free of taken) free(true);
  expect(freed).toBe(4);
  expect(pauses).toEqual([1, 2, 3, 4]);
  expect([slots.accepts(notice), slots.accepts(other)]).toEqual([false, true]);
  await until(() => slots.accepts(notice));
  const trial = slots.take(notice);
  expect(slots.accepts(notice)).toBe(false);
  stop();
  trial(false);
  expect(freed).toBe(4);
  for (let index = 0; index < 4; index++) {
    expect(slots.accepts(notice)).toBe(true);
    slots.take(notice);
  }
  expect(slots.accepts(notice)).toBe(false);
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
    'http://b.example:8080/hooks/a;b=c/..x/x../...?u=../../admin&v=%2e%2e',
    'http://b.example:8080/hooks/100%25/gr%C3%BC%C3%9Fe',
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
    'http://b.example:8080/hooks/..;/admin',
    'http://b.example:8080/hooks/x/..;a=b/..;/admin',
    'http://b.example:8080/hooks/.;/admin',
    'http://b.example:8080/hooks/x/../y',
    'http://b.example:8080/hooks/%252e%252e/admin',
    'http://b.example:8080/hooks/%252e%252e%252fadmin',
    'http://b.example:8080/hooks/%25252e%25252e/admin',
    'http://b.example:8080/hooks/..%5cadmin',
    'http://b.example:8080/hooks\\..\\admin',
    'http://b.example:8080/hooks/x\\..\\..\\admin',
    'http://b.example:8080/hooks/%2e%2e;/admin',
    'http://b.example:8080/hooks/..%20/admin',
    'http://b.example:8080/hooks/..%00/admin',
    'http://b.example:8080/hooks/..%09/admin',
    'http://b.example:8080/hooks/..\t/admin',
    'http://b.example:8080/hooks/%c0%ae%c0%ae/admin',
    'http://b.example:8080/hooks/%EF%BC%8E%EF%BC%8E/admin',
    'http://b.example:8080/hooks/\u2025/admin',
    'http://b.example:8080/hooks/..%EF%BC%8Fadmin',
    'http://b.example:8080/hooks/x%2Fy',
    ' http://b.example:8080/hooks/1',
    'http:b.example:8080/hooks/1',
    'http:\\\\b.example:8080/hooks/1',
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
  [{ destinations: ['https://a.example/..;/x'] }, "can't be where"],
  [
    { destinations: ['http://169.254.169.254'] },
    'metadata and reserved addresses are never called',
  ],
  [{ destinations: ['http://[::ffff:169.254.169.254]'] }, 'are never called'],
  [{ destinations: ['http://0xa9fea9fe/'] }, 'are never called'],
  [{ destinations: ['http://0/'] }, 'are never called'],
  [{ privateDestinations: ['http://[fd00:ec2::254]'] }, 'are never called'],
  [{ privateDestinations: ['http://[fe80::1]:8080'] }, 'are never called'],
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
