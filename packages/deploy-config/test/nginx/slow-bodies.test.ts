import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { freePort, slowness } from '@fairlead/test-support';
import { send } from '../support/http-answer.ts';
import { startSampleNginx } from '../support/sample-nginx.ts';

const ADDRESSES = 7;
const EACH = 195;

interface SlowClient {
  readonly socket: Socket;
  answer: string;
  closed: boolean;
}

/** Sends the head of a request and one byte of its body, from an address of the loopback network. */
function slowClient(port: number, localAddress: string): SlowClient {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  const client: SlowClient = { socket, answer: '', closed: false };
  socket.on('error', () => undefined);
  socket.setEncoding('latin1').on('data', (text: string) => (client.answer += text));
  socket.on('close', () => (client.closed = true));
  socket.write(
    'POST /v2/models/a/infer HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 16000000\r\n\r\n{',
  );
  return client;
}

/**
 * Nginx with the limits that ship, one worker, and a Node server with the gateway's timeouts behind it. A busy machine must
 * accept all connections within `requestMs`.
 */
async function slowBodies(gateway: RequestListener, requestMs: number) {
  const port = await freePort();
  const { folder, deployment } = await startSampleNginx({
    port,
    // Nothing else than time and connections is to be seen here.
    nginx: { workers: 1, perAddress: { requestsPerSecond: 10_000, burst: 10_000 } },
    input: { timeouts: { requestMs: Math.round(requestMs), marginMs: 1_000 } },
  });
  const { gatewayReceiveMs, gatewayHeadersMs } = deployment.timeouts;
  const server = createServer(
    {
      requestTimeout: gatewayReceiveMs,
      headersTimeout: gatewayHeadersMs,
      connectionsCheckingInterval: 100,
      keepAliveTimeout: 75_000,
    },
    gateway,
  ).listen({ path: join(folder, 'run/gateway.sock'), backlog: 4096 });
  await once(server, 'listening');
  chmodSync(join(folder, 'run/gateway.sock'), 0o666);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const clients = Array.from({ length: ADDRESSES * EACH }, (_, at) =>
    slowClient(port, `127.0.0.${11 + (at % ADDRESSES)}`),
  );
  // One byte more now and then: as far as Nginx sees, the body is on its way.
  const dribble = setInterval(() => {
    for (const { socket, closed } of clients) if (!closed && socket.writable) socket.write(' ');
  }, 1_000);
  onTestFinished(() => {
    clearInterval(dribble);
    for (const { socket } of clients) socket.destroy();
  });
  const probe = () =>
    send({ host: '127.0.0.1', port, localAddress: '127.0.0.99', path: '/v2/health/live' });
  return { clients, probe };
}

async function untilAll(clients: readonly SlowClient[], seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (clients.some(({ closed }) => !closed) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * A client that still sends when its connection is closed may lose the answer to a reset, and so may Nginx: Node closes the connection right after a 408, and
 * Nginx that sends a byte at that moment answers 502.
 */
function expectAnswers(clients: readonly SlowClient[], status: string): void {
  const statuses = clients.map(({ answer }) => answer.slice(9, 12)).filter((text) => text !== '');
  expect(statuses.filter((each) => each !== status && each !== '502')).toEqual([]);
  const expected = statuses.filter((each) => each === status);
  expect(expected.length).toBeGreaterThan(clients.length / 2);
}

it('slow bodies from seven addresses do not block another client, and end at the timeout of the gateway', async () => {
  const { clients, probe } = await slowBodies((request, response) => {
    if (request.method === 'GET') response.end('{"live":true}');
    else request.resume().on('end', () => response.end());
  }, 6_000 * slowness());
  for (let count = 0; count < 10; count += 1) {
    expect((await probe()).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await untilAll(clients, 60 * slowness());
  expect(clients.filter(({ closed }) => !closed)).toHaveLength(0);
  expectAnswers(clients, '408');
});

it('a request that is refused by its headers gets the response before its body is received', async () => {
  const { clients, probe } = await slowBodies((request, response) => {
    if (request.method === 'GET') {
      response.end('{"live":true}');
      return;
    }
    // As the guard refuses a key.
    response.writeHead(401, { 'Content-Type': 'application/problem+json', Connection: 'close' });
    response.write('{}');
    request.resume();
    // As long as the guard reads on: a connection closed before Nginx has read the response would be a 502.
    setTimeout(() => response.end(), 2_000);
  }, 30_000);
  expect((await probe()).status).toBe(200);
  await untilAll(clients, 60);
  expect(clients.filter(({ closed }) => !closed)).toHaveLength(0);
  expectAnswers(clients, '401');
});
