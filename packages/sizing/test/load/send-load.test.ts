import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { sendLoad } from '../../src/load/send-load.ts';

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, path: '/infer', headers: { authorization: 'Bearer key' }, body: '{"rows":[1]}' };
}

it('sends the request with its headers over each connection, one at a time', async () => {
  let pending = 0;
  let most = 0;
  let count = 0;
  const sockets = new Set<unknown>();
  const seen = new Set<string>();
  const target = await serve((req, res) => {
    pending += 1;
    count += 1;
    sockets.add(req.socket);
    most = Math.max(most, pending);
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => (body += text));
    req.on('end', () => {
      seen.add(`${req.method ?? ''} ${req.url ?? ''} ${req.headers.authorization ?? ''} ${body}`);
      setTimeout(() => {
        pending -= 1;
        res.end('{}');
      }, 20);
    });
  });
  const result = await sendLoad({ target, seconds: 0.5, connections: 3 });
  expect([...seen]).toEqual(['POST /infer Bearer key {"rows":[1]}']);
  expect(most).toBeLessThanOrEqual(3);
  expect(sockets.size).toBe(3);
  expect(result.requests).toBe(count);
  expect(result.failed).toBe(0);
  expect(result.p50Ms).toBeGreaterThanOrEqual(19);
  expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
});

it('sends at the rate even if no response comes for a while', async () => {
  const target = await serve((req, res) => {
    req.resume();
    setTimeout(() => res.end('{}'), 400);
  });
  const { requests, failed, seconds } = await sendLoad({
    ...{ target, seconds: 1, perSecond: 200, seed: 1 },
  });
  // A closed loop would send 2 or 3 requests over each of its connections.
  expect(requests).toBeGreaterThan(150);
  expect(requests).toBeLessThan(250);
  expect(failed).toBe(0);
  expect(seconds).toBeGreaterThan(1.2);
});

it('counts other statuses and lost connections as failed', async () => {
  const target = await serve((req, res) => {
    req.resume();
    res.statusCode = 429;
    res.end('{}');
  });
  const refused = await sendLoad({ target, seconds: 0.2, connections: 1 });
  expect(refused.failed).toBe(refused.requests);
  const lost = await serve((req) => req.socket.destroy());
  const result = await sendLoad({ ...{ target: lost, seconds: 0.2, perSecond: 100, seed: 1 } });
  expect(result.requests).toBeGreaterThan(0);
  expect(result.failed).toBe(result.requests);
});
