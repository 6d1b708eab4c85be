import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { eventually, temporaryFolder } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { readSettings } from '../../src/index.ts';
import { onnxVersion, sampleRegistry, upstreamVersion } from '../support/sample-registry.ts';
import { noticeSecret as secret, startReceiver } from '../support/notice-receiver.ts';
import { startGateway } from '../support/start-gateway.ts';

interface Webhook {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

test('a version that can not be loaded is a notice at each destination, and so is its end', async () => {
  const folder = temporaryFolder();
  // No Flask service is configured.
  const registry = await sampleRegistry(folder, upstreamVersion('digits'));
  const receiver = await startReceiver();
  const { gateway, logs, logged } = await startGateway({
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_NOTICE_WEBHOOKS: `http://${receiver.host}/hooks/HIDDEN`,
    FAIRLEAD_NOTICE_SECRETS: secret,
    FAIRLEAD_NOTICE_SLACK_WEBHOOKS: `http://${receiver.host}/services/HIDDEN`,
    FAIRLEAD_NOTICE_SENTRY_DSN: `http://c0ffee@${receiver.host}/7`,
  });
  await eventually(() => {
    expect(receiver.of('/hooks/HIDDEN')).toHaveLength(1);
    expect(receiver.of('/services/HIDDEN')).toHaveLength(1);
    expect(receiver.of('/api/7/envelope/')).toHaveLength(1);
  });
  const { manifest } = await registry.push(onnxVersion('digits', 'affine'));
  await registry.setAlias('digits', 'champion', manifest.version, { actor: 'test' });
  await logged('swapped');
  await gateway.close();

  const webhooks = receiver.of('/hooks/HIDDEN').map((body) => JSON.parse(body) as Webhook);
  expect(webhooks.map(({ type }) => type)).toEqual(['notice.began', 'notice.ended']);
  expect(webhooks[0]?.data).toMatchObject({
    kind: 'load-failed',
    key: 'load-failed/digits',
    model: 'digits',
    service: 'fairlead-gateway',
    summary: 'digits: version 1 could not be loaded',
    details: { version: 1, retried: 'yes' },
  });
  expect(receiver.of('/services/HIDDEN')[0]).toContain('Began: digits: version 1');
  expect(receiver.of('/api/7/envelope/')).toHaveLength(2);
  expect(logs.join('\n')).not.toMatch(/HIDDEN|c0ffee|notice-failed/);
});

test('a destination that is away delays neither start nor requests, and is reported without its URL', async () => {
  const folder = temporaryFolder();
  await sampleRegistry(folder, upstreamVersion('away'), onnxVersion('digits', 'affine'));
  const { call, logs, logged } = await startGateway({
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_NOTICE_SLACK_WEBHOOKS: 'http://127.0.0.1:9/services/HIDDEN',
  });
  const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
  expect((await call('/v2/models/digits/infer', { body })).status).toBe(200);
  expect(await logged('notice-failed')).toMatchObject({
    level: 'warn',
    err: { code: 'ERR_MONITORING_NOTICE_UNAVAILABLE' },
  });
  expect(logs.join('\n')).not.toContain('HIDDEN');
});

/** Value of a request, which single precision represents exactly. */
const SENTINEL = 987_654.3125;

/** Starts a Flask service that fails, with the request in its message. */
async function startFailingUpstream(): Promise<string> {
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => (body += text));
    req.on('end', () => {
      res.statusCode = body.includes(String(SENTINEL)) ? 500 : 200;
      res.setHeader('content-type', 'application/json');
      res.end(res.statusCode === 200 ? '{}' : JSON.stringify({ error: `can't handle ${body}` }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('failed requests are one notice with a request id and without their values, and invalid ones none', async () => {
  const folder = temporaryFolder();
  await sampleRegistry(folder, upstreamVersion('affine'));
  const receiver = await startReceiver();
  const { call, gateway } = await startGateway({
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_FLASK_ADDRESS: await startFailingUpstream(),
    FAIRLEAD_NOTICE_WEBHOOKS: `http://${receiver.host}/hooks`,
    FAIRLEAD_NOTICE_SECRETS: secret,
  });
  const infer = (data: readonly unknown[], id: string, model = 'affine') =>
    call(`/v2/models/${model}/infer`, {
      body: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data }] },
      headers: { 'x-request-id': id },
    });
  expect((await infer([1, 'text'], 'invalid')).status).toBe(400);
  expect((await infer([1, 2], 'unknown', 'none')).status).toBe(404);
  for (const id of ['a', 'b', 'c']) {
    expect((await infer([7, SENTINEL], id)).status).toBeGreaterThanOrEqual(500);
  }
  await eventually(async () => {
    const { body } = await call('/metrics');
    expect(body).toContain(
      `fairlead_notices_total{destination="webhook ${receiver.host}",result="sent"} 1\n`,
    );
  });
  await gateway.close();
  const bodies = receiver.of('/hooks');
  const notices = bodies.map((body) => JSON.parse(body) as Webhook);
  expect(notices.map(({ data }) => data.key)).toEqual([
    'errors/affine/inference:ERR_SERVING_UPSTREAM_FAILED',
  ]);
  expect(notices[0]?.data).toMatchObject({
    ...{ kind: 'errors', model: 'affine', count: 1 },
    details: {
      ...{ code: 'ERR_SERVING_UPSTREAM_FAILED', place: 'inference' },
      ...{ version: '1', requestId: 'a' },
    },
  });
  expect(bodies.join()).not.toContain(String(SENTINEL));
});

test('a certificate that can not be read is a notice', async () => {
  const folder = temporaryFolder();
  const receiver = await startReceiver();
  const { gateway } = await startGateway({
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_NOTICE_WEBHOOKS: `http://${receiver.host}/hooks`,
    FAIRLEAD_NOTICE_SECRETS: secret,
    FAIRLEAD_NOTICE_CERTIFICATES: `${folder}/missing.pem`,
  });
  await eventually(() => {
    expect(receiver.of('/hooks')[0]).toContain('The certificate missing.pem can not be read');
  });
  await gateway.close();
});

test.each([
  ['FAIRLEAD_NOTICE_WEBHOOKS', 'HIDDEN', 'must be http or https addresses'],
  ['FAIRLEAD_NOTICE_SLACK_WEBHOOKS', 'ftp://x/HIDDEN', 'must be http or https addresses'],
  ['FAIRLEAD_NOTICE_SENTRY_DSN', 'https://HIDDEN', 'must be the DSN of a project'],
  ['FAIRLEAD_NOTICE_TOPIC', 'arn:aws:sqs:x', 'must be the ARN of a topic'],
  ['FAIRLEAD_NOTICE_SECRETS', secret, 'need each other'],
])('%s=%s is refused: %s', (variable, value, expected) => {
  let message = '';
  try {
    readSettings({ FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1', [variable]: value });
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toContain(variable);
  expect(message).toContain(expected);
  expect(message).not.toMatch(/HIDDEN|whsec/);
});
