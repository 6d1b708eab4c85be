import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually, httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { noticeSecret, startReceiver } from '../support/notice-receiver.ts';
import { processLines, readyProcesses } from '../support/process-lines.ts';
import { onnxVersion, sampleRegistry, upstreamVersion } from '../support/sample-registry.ts';

const affine = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

interface Webhook {
  readonly type: string;
  readonly data: { readonly key: string };
}

/** Starts a Flask service that is ready and fails each request. */
async function startFailingUpstream(): Promise<string> {
  const server = createServer((req, res) => {
    res.statusCode = req.method === 'GET' ? 200 : 500;
    res.setHeader('content-type', 'application/json');
    req.resume().on('end', () => res.end('{}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('two processes send one notice of a version that both can not load, of requests that fail in both, and of a certificate', async () => {
  const folder = temporaryFolder();
  const damaged = { ...onnxVersion('digits', 'affine'), files: { 'model.onnx': Buffer.from('?') } };
  const registry = await sampleRegistry(folder, damaged, upstreamVersion('failing'));
  const receiver = await startReceiver();
  const socketPath = join(temporaryFolder(), 'gateway.sock');
  const gateway = startGatewayProcess({
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_LISTEN: `unix:${socketPath}`,
    FAIRLEAD_POLL_INTERVAL_MS: '50',
    FAIRLEAD_PROCESSES: '2',
    FAIRLEAD_NOTICE_WEBHOOKS: `http://${receiver.host}/hooks`,
    FAIRLEAD_NOTICE_SECRETS: noticeSecret,
    FAIRLEAD_FLASK_ADDRESS: await startFailingUpstream(),
    FAIRLEAD_NOTICE_CERTIFICATES: `${folder}/missing.pem`,
  });
  const notices = (): readonly string[] =>
    receiver.of('/hooks').map((body) => {
      const { type, data } = JSON.parse(body) as Webhook;
      return `${type} ${data.key}`;
    });
  await until(() => readyProcesses(gateway).size === 2);
  await eventually(() => {
    expect(notices().toSorted()).toEqual([
      expect.stringMatching(/^notice\.began certificate\/.*missing\.pem$/),
      'notice.began load-failed/digits',
    ]);
  });

  for (let sent = 0; sent < 4; sent += 1) {
    const { status } = await httpCall({ socketPath }, '/v2/models/failing/infer', { body: affine });
    expect(status).toBe(502);
  }
  await eventually(() => {
    expect(notices()[2]).toBe('notice.began errors/failing/inference:ERR_SERVING_UPSTREAM_FAILED');
  });

  // Whichever process answers, the page has the errors of both.
  for (let read = 0; read < 2; read += 1) {
    const { body } = await httpCall({ socketPath }, '/console.json');
    const { errors } = JSON.parse(body) as { readonly errors: readonly unknown[] };
    expect(errors[0]).toMatchObject({ code: 'ERR_SERVING_UPSTREAM_FAILED', count: 4 });
  }

  const { manifest } = await registry.push(onnxVersion('digits', 'affine'));
  await registry.setAlias('digits', 'champion', manifest.version, { actor: 'test' });
  await until(
    () => (gateway.output().match(/"model":"digits".*"msg":"swapped"/g) ?? []).length === 2,
  );
  const { status } = await httpCall({ socketPath }, '/v2/models/digits/infer', { body: affine });
  expect(status).toBe(200);

  const [killed = 0] = readyProcesses(gateway).values();
  process.kill(killed, 'SIGKILL');
  await until(() => processLines(gateway).some(({ msg }) => msg === 'process-ended'));
  await eventually(() => {
    expect(notices()[3]).toBe('notice.began errors//process-ended');
  });
  await until(() => readyProcesses(gateway).size === 2);
  await eventually(async () => {
    const { body } = await httpCall({ socketPath }, '/metrics');
    expect(body).toContain(
      `fairlead_notices_total{destination="webhook ${receiver.host}",result="sent"} 4\n`,
    );
  });
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toBe(0);
  expect(notices().slice(4)).toEqual(['notice.ended load-failed/digits']);
});
