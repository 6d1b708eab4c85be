import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { captureFolder, LabelStore } from '@fairlead/capture';
import { BodyMemory } from '@fairlead/serving';
import { httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { labelsHandler } from '../../src/labels/labels-handler.ts';

test('labels that wait for a slow store take memory of their client, whose further labels get 429 until they are stored', async () => {
  const folder = captureFolder(temporaryFolder());
  const { promise: available, resolve: recover } = Promise.withResolvers<undefined>();
  const objects: typeof folder = {
    ...folder,
    create: (key, body) => available.then(() => folder.create(key, body)),
  };
  const bodies = new BodyMemory(4000, { maxBytesPerClient: 1000 });
  const handler = labelsHandler({
    ...{ bodies, maxBodyBytes: 10_000, models: () => ['affine'], onError: () => undefined },
    labels: new LabelStore({ objects, batchMs: 0 }),
    client: (req) => String(req.headers['x-client']),
  });
  const server = createServer((req, res) => {
    handler(Object.assign(req, { params: { model: 'affine' } }), res, (error) => {
      res.writeHead(500).end(String(error));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = { port: (server.address() as AddressInfo).port };
  const post = (client: string) =>
    httpCall(address, '/', {
      body: { labels: [{ request_id: 'a', label: 'x'.repeat(600) }] },
      headers: { 'x-client': client },
    });

  const waiting = post('one');
  await until(() => bodies.used > 600);
  const refused = await post('one');
  expect(refused.status).toBe(429);
  expect(refused.body).toContain('ERR_SERVING_CLIENT_LIMIT');
  const other = post('other');
  recover(undefined);
  expect((await waiting).status).toBe(200);
  expect((await other).status).toBe(200);
  expect((await post('one')).status).toBe(200);
  expect(bodies.used).toBe(0);
});
