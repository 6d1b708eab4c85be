import { once } from 'node:events';
import { Agent, createServer, get, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createInferenceHandler, ModelServer, shutDownGracefully } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { MemorySource, slow } from './memory-source.ts';

async function start() {
  const models = new ModelServer({
    source: new MemorySource([{ signature: slow, file: 'slow.onnx' }]),
    runtimes: { onnx: onnxRuntime() },
  });
  await models.serve('m');
  const handler = createInferenceHandler(models);
  const server = createServer((req, res) => {
    handler(req, res);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const infer = (times: number): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({
        inputs: [{ name: 'times', shape: [1], datatype: 'INT64', data: [times] }],
      });
      request({ port, agent, method: 'POST', path: '/v2/models/m/infer' }, (res) => {
        res.resume();
        resolve(res);
      })
        .on('error', reject)
        .end(body);
    });
  const ready = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get({ port, agent, path: '/v2/health/ready' }, (res) => {
        res.resume();
        resolve(res.statusCode);
      }).on('error', reject);
    });
  return { models, server, infer, ready };
}

test('answers what is in flight, then closes connections that would be kept alive', async () => {
  const { models, server, infer, ready } = await start();
  expect(await ready()).toBe(200);
  const inFlight = infer(1000);
  await once(server, 'request');
  const closed = shutDownGracefully(server, models, { graceMs: 10_000 });
  const answer = await inFlight;
  expect(answer.statusCode).toBe(200);
  expect(answer.headers.connection).toBe('close');
  expect(await closed).toBe(true);
  await expect(infer(1)).rejects.toThrow();
});

test('tells load balancers before it closes the door, and answers meanwhile', async () => {
  const { models, server, infer, ready } = await start();
  const closed = shutDownGracefully(server, models, { notReadyMs: 300, graceMs: 10_000 });
  expect(await ready()).toBe(503);
  expect((await infer(1)).statusCode).toBe(200);
  expect(await closed).toBe(true);
});

test('cuts off what outlasts the grace period, and says so', async () => {
  const { models, server, infer } = await start();
  const inFlight = infer(3000);
  const cut = expect(inFlight).rejects.toThrow();
  await once(server, 'request');
  expect(await shutDownGracefully(server, models, { graceMs: 50 })).toBe(false);
  await cut;
});
