import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { inferenceHandler, ModelServer, shutDownGracefully } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { MemorySource, slow } from './memory-source.ts';

async function start() {
  const models = new ModelServer({
    source: new MemorySource([{ signature: slow, file: 'slow.onnx' }]),
    runtimes: { onnx: onnxRuntime() },
  });
  await models.serve('m');
  const handler = inferenceHandler(models);
  const server = createServer((req, res) => {
    handler(req, res, () => res.end('of the application'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => {
    agent.destroy();
  });
  const send = (method: string, path: string, body?: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request({ port, agent, method, path }, (res) => {
        res.resume();
        res.on('end', () => {
          resolve(res);
        });
      })
        .on('error', reject)
        .end(body);
    });
  const infer = (times: number) =>
    send(
      'POST',
      '/v2/models/m/infer',
      JSON.stringify({ inputs: [{ name: 'times', shape: [1], datatype: 'INT64', data: [times] }] }),
    );
  const read = (path: string) => send('GET', path);
  const ready = async () => (await read('/v2/health/ready')).statusCode;
  return { models, server, agent, infer, read, ready };
}

test('answers requests in flight, then closes keep-alive connections', async () => {
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

test('any request on a keep-alive connection is answered, with Connection: close', async () => {
  const { models, server, infer, read, ready } = await start();
  // Three idle keep-alive connections.
  expect(await Promise.all([ready(), ready(), ready()])).toEqual([200, 200, 200]);
  // Nothing else ends before the test times out.
  const closed = shutDownGracefully(server, models, { graceMs: 600_000, idleMs: 600_000 });
  await sleep(100);
  const answers = await Promise.all([infer(1), read('/page'), read('/v2/health/ready')]);
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 503]);
  expect(answers.map(({ headers }) => headers.connection)).toEqual(['close', 'close', 'close']);
  expect(await closed).toBe(true);
});

test('ends when clients have closed their idle connections', async () => {
  const { models, server, agent, ready } = await start();
  await ready();
  const closed = shutDownGracefully(server, models, { graceMs: 600_000, idleMs: 600_000 });
  agent.destroy();
  expect(await closed).toBe(true);
});

test('closes connections that stay idle', async () => {
  const { models, server, infer, ready } = await start();
  await ready();
  expect(await shutDownGracefully(server, models, { graceMs: 600_000, idleMs: 50 })).toBe(true);
  await expect(infer(1)).rejects.toThrow();
});

test('is not ready before it closes the listener, and answers in between', async () => {
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
