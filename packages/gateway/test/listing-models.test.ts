import { createServer, request } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { httpCall, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { createGateway } from '../src/create-gateway.ts';
import { readSettings } from '../src/settings/read-settings.ts';
import { awsEnvironment } from './support/aws-environment.ts';
import { setEnvironment } from './support/set-environment.ts';
import { registryInS3 } from './support/registry-in-s3.ts';
import { onnxVersion } from './support/sample-registry.ts';

/** Starts a server that passes requests on to another one, as soon as it is opened. */
async function startGate(endpoint: string) {
  const opened = Promise.withResolvers<undefined>();
  const server = createServer((req, res) => {
    void opened.promise.then(() => {
      const { method, headers, url = '/' } = req;
      const passed = request(new URL(url, endpoint), { method, headers }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      });
      req.pipe(passed);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    open: () => {
      opened.resolve(undefined);
    },
  };
}

test('requests are answered with 503 and retry-after until the models were listed, and then with 404 for others', async () => {
  const { endpoint, location, registry } = await registryInS3();
  await registry.push(onnxVersion('affine', 'affine'));
  await registry.setAlias('affine', 'champion', 1, { actor: 'test' });
  const gate = await startGate(endpoint);
  setEnvironment(awsEnvironment(gate.endpoint));
  const settings = readSettings({
    FAIRLEAD_REGISTRY: location,
    FAIRLEAD_LISTEN: '127.0.0.1:0',
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
  });
  const gateway = await createGateway(settings, { log: { write: () => undefined } });
  onTestFinished(async () => {
    await gateway.close();
  });
  const { port } = gateway.server.address() as AddressInfo;
  const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
  const infer = (model: string) => httpCall({ port }, `/v2/models/${model}/infer`, { body });
  for (const model of ['affine', 'other']) {
    const { status, headers, body: text } = await infer(model);
    expect([status, headers['retry-after'], headers['fairlead-error']]).toEqual([
      ...[503, '1', 'ERR_SERVING_NOT_READY'],
    ]);
    expect(text).toContain(`model \\"${model}\\" is not ready: the models that are served aren't`);
    for (const path of ['', '/ready']) {
      expect((await httpCall({ port }, `/v2/models/${model}${path}`)).status).toBe(503);
    }
  }
  gate.open();
  await gateway.loaded;
  await until(async () => (await infer('affine')).status === 200);
  expect((await infer('other')).status).toBe(404);
});
