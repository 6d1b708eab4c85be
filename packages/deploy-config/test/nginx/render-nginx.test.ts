import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { freePort } from '@fairlead/test-support';
import { send, sendRaw } from '../support/http-answer.ts';
import type { NginxInput } from '../../src/index.ts';
import { listenOn, startSampleNginx } from '../support/sample-nginx.ts';

const hello: RequestListener = (_, response) => {
  response.end('hello');
};

function json(body: Buffer): unknown {
  return JSON.parse(body.toString());
}

describe('a rendered Nginx in front of a gateway', () => {
  it('forwards a request with headers that the client cannot forge', async () => {
    const seen: IncomingMessage[] = [];
    const port = await freePort();
    await startSampleNginx({
      port,
      gateway: (request, response) => {
        seen.push(request);
        response.setHeader('X-Request-Id', request.headers['x-request-id'] ?? '');
        response.end('hello');
      },
    });
    const answer = await send({
      host: '127.0.0.1',
      port,
      path: '/v2/models/a%20b/infer?x=%2F',
      headers: {
        Host: 'models.example.com',
        'X-Forwarded-For': '6.6.6.6',
        'X-Forwarded-Proto': 'gopher',
        'X-Real-IP': '6.6.6.6',
        Forwarded: 'for=6.6.6.6',
        Proxy: 'http://6.6.6.6',
        'X-Request-Id': 'mine-1',
        Accounts_Admin: 'yes',
      },
    });
    expect(answer).toMatchObject({ status: 200, body: Buffer.from('hello') });
    expect(answer.headers).toMatchObject({ server: 'nginx', 'x-request-id': 'mine-1' });
    expect(seen[0]?.url).toBe('/v2/models/a%20b/infer?x=%2F');
    expect(seen[0]?.headers).toEqual({
      host: 'models.example.com',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'models.example.com',
      'x-forwarded-proto': 'http',
      'x-request-id': 'mine-1',
    });
  });

  it('creates a request id when the client sends none, or an invalid one', async () => {
    const seen: unknown[] = [];
    const { socketPath } = await startSampleNginx({
      gateway: (request, response) => {
        seen.push(request.headers['x-request-id']);
        response.end();
      },
    });
    for (const headers of [{}, { 'X-Request-Id': '"}\\' }, { 'X-Request-Id': 'x'.repeat(129) }]) {
      const answer = await send({ socketPath, headers });
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
      expect(answer.headers['x-request-id']).toBe(seen.at(-1));
    }
    expect(new Set(seen).size).toBe(3);
  });

  it('responds with the id that the gateway logged, when the gateway created another one', async () => {
    const { socketPath } = await startSampleNginx({
      gateway: (_, response) => {
        response.setHeader('X-Request-Id', 'chosen-by-the-gateway').end();
      },
    });
    const answer = await send({ socketPath });
    expect(answer.headers['x-request-id']).toBe('chosen-by-the-gateway');
  });

  it('trusts X-Forwarded-For from a trusted proxy only', async () => {
    const seen: unknown[] = [];
    const port = await freePort();
    await startSampleNginx({
      port,
      nginx: { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'], publicScheme: 'https' },
      gateway: ({ headers }, response) => {
        seen.push([headers['x-forwarded-for'], headers['x-forwarded-proto']]);
        response.end();
      },
    });
    const headers = { 'X-Forwarded-For': '6.6.6.6, 203.0.113.7, 10.0.0.9' };
    await send({ host: '127.0.0.1', port, headers });
    expect(seen).toEqual([['203.0.113.7', 'https']]);
  });

  it('reuses its connections to the gateway', async () => {
    const sockets = new Set<Socket>();
    const { socketPath } = await startSampleNginx({
      input: { host: { cores: 1, memoryBytes: 4e9 } },
      gateway: (request, response) => {
        sockets.add(request.socket);
        response.end();
      },
    });
    for (let count = 0; count < 5; count += 1) await send({ socketPath });
    expect(sockets.size).toBe(1);
  });

  it('forwards the errors of the gateway unchanged', async () => {
    const { socketPath } = await startSampleNginx({
      gateway: (_, response) => {
        response.writeHead(503, { 'Content-Type': 'application/json', 'Retry-After': '7' });
        response.end('{"error":"queue full"}');
      },
    });
    const answer = await send({ socketPath });
    expect(answer).toMatchObject({ status: 503, body: Buffer.from('{"error":"queue full"}') });
    expect(answer.headers['retry-after']).toBe('7');
  });

  it('receives a whole body before it connects to a buffered route, and streams it to the gateway', async () => {
    const seen: unknown[] = [];
    const { socketPath } = await startSampleNginx({
      nginx: {
        routes: [
          { path: '/', upstream: 'gateway', bufferRequests: true },
          { path: '/stream', match: 'exact', upstream: 'gateway' },
        ],
      },
      gateway: (request, response) => {
        seen.push([
          request.url,
          request.headers['content-length'],
          request.headers['transfer-encoding'],
        ]);
        request.resume().on('end', () => response.end());
      },
    });
    // A chunked body has no length until all of it is there.
    for (const path of ['/', '/stream']) {
      const headers = { 'Transfer-Encoding': 'chunked' };
      await send({ socketPath, path, method: 'POST', headers }, Buffer.from('x'.repeat(300_000)));
    }
    expect(seen).toEqual([
      ['/', '300000', undefined],
      ['/stream', undefined, 'chunked'],
    ]);
  });

  it('sends each route to its upstream', async () => {
    const { socketPath, folder } = await startSampleNginx({
      nginx: {
        routes: [
          { path: '/', upstream: 'gateway' },
          { path: '/flask/', upstream: 'flask' },
          { path: '/exact', match: 'exact', upstream: 'gateway' },
        ],
      },
      gateway: (request, response) => {
        response.end(`gateway ${request.url ?? ''}`);
      },
    });
    await listenOn(join(folder, 'run/flask.sock'), (request, response) => {
      response.end(`flask ${request.url ?? ''} ${request.headers.connection ?? ''}`);
    });
    const bodies = [];
    for (const path of ['/', '/flask/a', '/exact', '/exact/not']) {
      bodies.push((await send({ socketPath, path })).body.toString());
    }
    expect(bodies).toEqual([
      'gateway /',
      'flask /flask/a close',
      'gateway /exact',
      'gateway /exact/not',
    ]);
    // A path without the last slash is redirected, on the same host and port.
    const redirected = await send({ socketPath, path: '/flask' });
    expect(redirected).toMatchObject({ status: 301, headers: { location: '/flask/' } });
  });

  it('logs one JSON object per request, for any request', async () => {
    const { socketPath, folder, nginx } = await startSampleNginx({ gateway: hello });
    await send({ socketPath, path: '/%22%0a\\"}', headers: { 'X-Request-Id': 'logged' } });
    await nginx.stop('SIGQUIT');
    const lines = readFileSync(join(folder, 'logs/nginx-access.log'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({
        requestId: 'logged',
        method: 'GET',
        uri: '/%22%0a\\"}',
        status: '200',
      }),
    );
  });

  it('keeps queries out of both logs, also of a request that fails', async () => {
    const { socketPath, folder, nginx } = await startSampleNginx({
      nginx: { perAddress: { requestsPerSecond: 1, burst: 1 } },
    });
    const paths = ['/v2?api_key=PLANTED', '/a?b?c=PLANTED#x', '/?PLANTED', '/%3FKEPT?PLANTED'];
    // All at once: on a busy machine, one after the other would stay below the rate.
    const answers = await Promise.all(
      [...paths, ...paths, ...paths].map((path) => send({ socketPath, path })),
    );
    const statuses = answers.map(({ status }) => status);
    await sendRaw(socketPath, 'GET /?PLANTED HTTP/9.9\r\nHost: a\r\n\r\n');
    expect(statuses).toContain(502);
    expect(statuses).toContain(429);
    await nginx.stop('SIGQUIT');
    const log = readFileSync(join(folder, 'logs/nginx-access.log'), 'utf8');
    const uris = log.split('\n').flatMap((line) => /"uri":"([^"]*)"/.exec(line)?.[1] ?? []);
    for (const uri of ['/v2', '/a', '/', '/%3FKEPT']) expect(uris).toContain(uri);
    expect(log).not.toContain('PLANTED');
    expect(log).toContain('"upstreamStatus":"502"');
    expect(readFileSync(join(folder, 'logs/nginx-error.log'), 'utf8')).not.toContain('PLANTED');
  });

  it('logs errors of single requests on demand', async () => {
    const { socketPath, folder, nginx } = await startSampleNginx({
      nginx: { requestErrorLog: true },
    });
    expect((await send({ socketPath, path: '/x' })).status).toBe(502);
    await nginx.stop('SIGQUIT');
    expect(readFileSync(join(folder, 'logs/nginx-error.log'), 'utf8')).toContain('GET /x');
  });

  it.runIf(process.getuid?.() === 0)('has no worker that runs as root', async () => {
    const { nginx } = await startSampleNginx({ gateway: hello });
    const { pid = 0 } = nginx.process;
    // A worker begins as root and gives that up before it takes connections.
    await vi.waitFor(() => {
      const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
      expect(workers.length).toBeGreaterThan(0);
      for (const worker of workers) {
        const status = readFileSync(`/proc/${worker}/status`, 'utf8');
        // Real, effective, saved and file system account.
        expect(/^Uid:\t(.*)$/m.exec(status)?.[1]?.split('\t')).not.toContain('0');
      }
    }, 60_000);
  });

  it('finishes requests in flight when it receives SIGQUIT', async () => {
    let answer: (() => void) | undefined;
    const arrived = Promise.withResolvers<undefined>();
    const { socketPath, nginx } = await startSampleNginx({
      gateway: (_, response) => {
        answer = () => response.end('late');
        arrived.resolve(undefined);
      },
    });
    const pending = send({ socketPath });
    await arrived.promise;
    const stopped = nginx.stop('SIGQUIT');
    answer?.();
    expect((await pending).body.toString()).toBe('late');
    expect(await stopped).toBe(0);
  });
});

describe("Nginx's own errors", () => {
  it('are problems that a person and an Open Inference client understand', async () => {
    const { socketPath } = await startSampleNginx();
    const answer = await send({ socketPath, headers: { 'X-Request-Id': 'r-1' } });
    expect(answer.status).toBe(502);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '1',
      'x-request-id': 'r-1',
    });
    const detail = 'The service behind the web server is not answering; it may be starting.';
    expect(json(answer.body)).toEqual({
      type: 'about:blank',
      title: 'Bad Gateway',
      status: 502,
      detail,
      error: detail,
      code: 'ERR_EDGE_BAD_GATEWAY',
      requestId: 'r-1',
    });
  });

  it('responds with 413 above the limit of the gateway, and not below it', async () => {
    const { socketPath } = await startSampleNginx({
      input: { maxBodyBytes: 1000 },
      gateway: (request, response) => {
        request.resume().on('end', () => response.end());
      },
    });
    const post = { socketPath, method: 'POST' };
    expect((await send(post, Buffer.alloc(1000))).status).toBe(200);
    const refused = await send(post, Buffer.alloc(1001));
    expect(refused.status).toBe(413);
    expect(json(refused.body)).toMatchObject({ status: 413, code: 'ERR_EDGE_CONTENT_TOO_LARGE' });
  });

  it('responds with 429 above the rate of one address', async () => {
    const { socketPath } = await startSampleNginx({
      nginx: { perAddress: { requestsPerSecond: 1, burst: 1 } },
      gateway: hello,
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => send({ socketPath })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200).length + refused.length).toBe(10);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers['retry-after']).toBe('1');
    expect(json(refused[0]?.body ?? Buffer.from('{}'))).toMatchObject({
      code: 'ERR_EDGE_TOO_MANY_REQUESTS',
    });
  });

  it('counts the addresses of one IPv6 /56 together, and those of others separately', async () => {
    const port = await freePort();
    await startSampleNginx({
      port,
      nginx: { trustedProxies: ['127.0.0.0/8'], perAddress: { requestsPerSecond: 1, burst: 0 } },
      gateway: hello,
    });
    // Each line is one /56, or one IPv4 address.
    const networks = [
      ['2001:db8:1:ab01::1', '2001:db8:1:abff:1:2:3:4', '2001:db8:1:ab00:ffff::'],
      ['2001:db8:1:ac01::1', '2001:db8:1:acff:1:2:3:4'],
      ['2001:db8:1:1::1', '2001:db8:1:ff::', '2001:db8:1::9', '2001:db8:1:0:1:2:3:4'],
      ['2001:db8:1:100::1', '2001:db8:1:1ff::'],
      ['2001:db8::1', '2001:db8:0:7::1'],
      ['2001:db8:0:700::1'],
      ['fe80::1', 'fe80::ffff:1'],
      ['::1', '::2'],
      ['192.0.2.1'],
      ['192.0.2.2'],
      ['::ffff:192.0.2.3'],
      ['::ffff:192.0.2.4'],
    ];
    for (const network of networks) {
      const statuses = [];
      for (const address of network) {
        const headers = { 'X-Forwarded-For': address };
        statuses.push((await send({ host: '127.0.0.1', port, headers })).status);
      }
      expect([network, statuses]).toEqual([
        network,
        network.map((_, at) => (at === 0 ? 200 : 429)),
      ]);
    }
  });

  it('responds with 429 above the connections of one address', async () => {
    const waiting: (() => void)[] = [];
    const arrived = Promise.withResolvers<undefined>();
    const { socketPath } = await startSampleNginx({
      nginx: { perAddress: { connections: 1 } },
      gateway: (_, response) => {
        waiting.push(() => response.end());
        arrived.resolve(undefined);
      },
    });
    const first = send({ socketPath });
    await arrived.promise;
    expect((await send({ socketPath })).status).toBe(429);
    for (const finish of waiting) finish();
    expect((await first).status).toBe(200);
  });

  it('responds with 504 when the gateway does not respond in time', async () => {
    const { socketPath } = await startSampleNginx({
      input: { timeouts: { requestMs: 100, marginMs: 100 } },
      gateway: () => undefined,
    });
    const answer = await send({ socketPath });
    expect(answer.status).toBe(504);
    expect(json(answer.body)).toMatchObject({ code: 'ERR_EDGE_GATEWAY_TIMEOUT' });
  });

  it('responds with 404 without a route', async () => {
    const { socketPath } = await startSampleNginx({
      nginx: { routes: [{ path: '/v2/', upstream: 'gateway' }] },
      gateway: hello,
    });
    for (const path of ['/', '/elsewhere', '/.fairlead/problem']) {
      const answer = await send({ socketPath, path });
      expect(answer.status).toBe(404);
      expect(json(answer.body)).toMatchObject({ code: 'ERR_EDGE_NOT_FOUND' });
    }
  });

  it('responds with 421 to another host name', async () => {
    const port = await freePort();
    await startSampleNginx({
      port,
      nginx: { listen: { scheme: 'http', address: `127.0.0.1:${port}`, names: ['localhost'] } },
      gateway: hello,
    });
    const call = { host: '127.0.0.1', port };
    expect((await send({ ...call, headers: { Host: 'localhost:1' } })).status).toBe(200);
    const refused = await send({ ...call, headers: { Host: 'rebound.example' } });
    expect(refused.status).toBe(421);
    expect(json(refused.body)).toMatchObject({ code: 'ERR_EDGE_MISDIRECTED_REQUEST' });
  });

  describe('health checks by address', () => {
    /** Nginx that serves the name `localhost`, and answers with the path that the gateway received. */
    const start = async (nginx: Partial<NginxInput>) => {
      const port = await freePort();
      const listen = {
        scheme: 'http',
        address: `127.0.0.1:${port}`,
        names: ['localhost'],
      } as const;
      await startSampleNginx({
        port,
        nginx: { listen, ...nginx },
        gateway: ({ url }, response) => {
          response.end(url);
        },
      });
      return (path: string, headers = {}) =>
        send({ host: '127.0.0.1', port, path, headers: { Host: `10.0.0.13:${port}`, ...headers } });
    };

    it('are answered to trusted proxies, whose other requests get 421', async () => {
      const ask = await start({ trustedProxies: ['127.0.0.0/8'] });
      for (const path of ['/v2/health/live', '/v2/health/ready']) {
        const answer = await ask(path);
        expect([answer.status, answer.body.toString()]).toEqual([200, path]);
      }
      for (const path of ['/v2/health', '/v2/health/ready/', '/v2/models/digits']) {
        expect((await ask(path)).status).toBe(421);
      }
    });

    it('get 421 from a client behind a trusted proxy, and from any other one', async () => {
      const ask = await start({ trustedProxies: ['127.0.0.0/8'] });
      const refused = await ask('/v2/health/ready', { 'X-Forwarded-For': '203.0.113.7' });
      expect(refused.status).toBe(421);
      expect(json(refused.body)).toMatchObject({ code: 'ERR_EDGE_MISDIRECTED_REQUEST' });

      const untrusting = await start({ trustedProxies: ['10.0.0.0/8'] });
      expect((await untrusting('/v2/health/ready')).status).toBe(421);
      const direct = await start({});
      expect((await direct('/v2/health/ready')).status).toBe(421);
    });

    it('have the paths of the deployment, and the upstream of their route', async () => {
      const ask = await start({
        trustedProxies: ['127.0.0.0/8'],
        healthPaths: ['/ready', '/elsewhere/ready'],
        routes: [{ path: '/ready', match: 'exact', upstream: 'gateway' }],
      });
      expect((await ask('/ready')).status).toBe(200);
      expect((await ask('/elsewhere/ready')).status).toBe(421);
      expect((await ask('/v2/health/ready')).status).toBe(421);
    });

    it('get the errors of Nginx in JSON', async () => {
      const port = await freePort();
      const listen = {
        scheme: 'http',
        address: `127.0.0.1:${port}`,
        names: ['localhost'],
      } as const;
      await startSampleNginx({ port, nginx: { listen, trustedProxies: ['127.0.0.0/8'] } });
      const answer = await send({ host: '127.0.0.1', port, path: '/v2/health/ready' });
      expect(answer.status).toBe(502);
      expect(json(answer.body)).toMatchObject({ code: 'ERR_EDGE_BAD_GATEWAY' });
    });
  });

  it.each([
    ['is no HTTP at all', 'GARBAGE\r\n\r\n', 400, 'ERR_EDGE_BAD_REQUEST'],
    ['has no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'ERR_EDGE_BAD_REQUEST'],
    [
      'says its length twice',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'ERR_EDGE_BAD_REQUEST',
    ],
    ['traces', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 405, 'ERR_EDGE_METHOD_NOT_ALLOWED'],
    [
      'has too long an address',
      `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      414,
      'ERR_EDGE_URI_TOO_LONG',
    ],
    [
      'has too large a header',
      `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${'x'.repeat(40_000)}\r\n\r\n`,
      431,
      'ERR_EDGE_HEADERS_TOO_LARGE',
    ],
    [
      'has an unknown transfer encoding',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n',
      501,
      'ERR_EDGE_NOT_IMPLEMENTED',
    ],
    ['has an unknown version', 'GET / HTTP/3.7\r\nHost: a\r\n\r\n', 505, 'ERR_EDGE_HTTP_VERSION'],
  ])('answers a request that %s', async (_, text, status, code) => {
    const { socketPath } = await startSampleNginx({ gateway: hello });
    const answer = await sendRaw(socketPath, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const [, body = ''] = answer.split('\r\n\r\n');
    expect(JSON.parse(body)).toMatchObject({ status, code });
  });
});
