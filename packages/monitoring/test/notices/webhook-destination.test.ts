import { createHmac } from 'node:crypto';
import { WebhookSender } from '@fairlead/webhooks';
import { describe, expect, onTestFinished, test } from 'vitest';
import { webhookDestination } from '../../src/index.ts';
import { collectRequests } from './posted-requests.ts';
import { sampleNotice } from './sample-notice.ts';

const key = Buffer.alloc(32, 'key');
const signal = AbortSignal.timeout(60_000);

async function setUp(format?: 'json' | 'slack') {
  const server = await collectRequests();
  const url = `http://127.0.0.1:${server.port}/services/T0/B0/SECRET?token=HIDDEN`;
  const sender = new WebhookSender({
    destinations: [new URL(url).origin],
    secrets: [`whsec_${key.toString('base64')}`],
  });
  onTestFinished(() => sender.close());
  return { ...server, destination: webhookDestination({ url, sender, ...(format && { format }) }) };
}

test('a webhook is a signed JSON document with type, timestamp and data', async () => {
  const { destination, requests, port } = await setUp();
  expect(destination.name).toBe(`webhook 127.0.0.1:${port}`);
  await destination.send(sampleNotice, signal);
  const [request] = requests;
  const { 'webhook-id': id, 'webhook-timestamp': time } = request?.headers ?? {};
  expect(id).toBe(sampleNotice.id);
  const signed = `${String(id)}.${String(time)}.${request?.body ?? ''}`;
  const expected = createHmac('sha256', key).update(signed).digest('base64');
  expect(request?.headers['webhook-signature']).toBe(`v1,${expected}`);
  expect(JSON.parse(request?.body ?? '')).toEqual({
    type: 'notice.began',
    timestamp: '2026-01-01T00:00:00.500Z',
    data: {
      id: sampleNotice.id,
      status: 'began',
      kind: 'drift',
      key: 'drift/loans',
      severity: 'warning',
      summary: 'loans: 2 features drifted <é> & more',
      model: 'loans',
      details: { version: '3', features: 'age, income' },
      service: 'shop',
      host: 'host-1',
      count: 1,
      total: 1,
      firstSeen: '2026-01-01T00:00:00.000Z',
      lastSeen: '2026-01-01T00:00:00.000Z',
      at: '2026-01-01T00:00:00.500Z',
    },
  });
});

test('the shape of Slack is one escaped text', async () => {
  const { destination, requests } = await setUp('slack');
  await destination.send(sampleNotice, signal);
  const body = JSON.parse(requests[0]?.body ?? '') as { readonly text: string };
  expect(Object.keys(body)).toEqual(['text']);
  expect(body.text.split('\n').slice(0, 3)).toEqual([
    ':red_circle: Began: loans: 2 features drifted &lt;é&gt; &amp; more',
    'model: loans',
    'kind: drift',
  ]);
});

describe('a failed delivery', () => {
  test.each([
    [301, 'ERR_MONITORING_NOTICE_REJECTED'],
    [404, 'ERR_MONITORING_NOTICE_REJECTED'],
    [429, 'ERR_MONITORING_NOTICE_UNAVAILABLE'],
    [503, 'ERR_MONITORING_NOTICE_UNAVAILABLE'],
  ])('with status %i is %s', async (status, code) => {
    const { destination, answer } = await setUp();
    answer.status = status;
    await expect(destination.send(sampleNotice, signal)).rejects.toMatchObject({
      code,
      message: `status ${status}`,
    });
  });

  test('names no part of the URL after its host', async () => {
    const url = 'https://hooks.example/services/SECRET?token=HIDDEN';
    const sender = {
      allows: () => true,
      deliver: (to: string) => Promise.resolve(`cannot open ${to} (${new URL(to).pathname})`),
    };
    const sent = webhookDestination({ url, sender }).send(sampleNotice, signal);
    await expect(sent).rejects.toThrow('cannot open [hidden] ([hidden])');
  });
});

test('a URL that the sender does not allow is refused without showing it', () => {
  const sender = new WebhookSender({
    destinations: ['https://hooks.example'],
    secrets: [`whsec_${key.toString('base64')}`],
  });
  onTestFinished(() => sender.close());
  for (const url of ['https://other.example/SECRET', 'SECRET']) {
    let message = '';
    try {
      webhookDestination({ url, sender });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('Option url: expected');
    expect(message).not.toContain('SECRET');
  }
});
