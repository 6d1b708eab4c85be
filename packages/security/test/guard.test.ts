import express from 'express';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  apiKeys,
  bodyLimit,
  chain,
  clientAddress,
  problemErrors,
  publicPaths,
  rateLimit,
  requestId,
  requiredScope,
  secureHeaders,
  type ApiKeySet,
  type Chain,
} from '../src/index.ts';
import { keySet, pepper } from './support/keys.ts';
import { listen } from './support/listen.ts';
import { exchange, RawClient } from './support/raw-client.ts';
import { echoLength } from './support/read-body.ts';

/** The whole guard, as an application composes it. */
function guard(set: ApiKeySet, limit = 1000): Chain {
  const isPublic = publicPaths('/health');
  return chain(
    requestId(),
    secureHeaders(),
    apiKeys({ keys: set, isPublic }),
    rateLimit({
      windowMs: 3_600_000,
      limit,
      skip: isPublic,
      address: clientAddress({ trustedProxies: ['loopback'] }),
    }),
    requiredScope((req) => (isPublic(req) ? undefined : 'infer:digits')),
    bodyLimit({ maxBodyBytes: 1000, mediaTypes: ['application/json'] }),
  );
}

const { keys, set } = keySet({ client: 'acme', scopes: ['infer:digits'] }, { client: 'other' });
const [acme = '', other = ''] = keys;

describe('the guard', () => {
  it('passes a right request to a plain handler and to Express, with all headers', async () => {
    const app = express();
    app.use(guard(set), express.json());
    app.post('/', (req, res) => {
      res.json({ length: JSON.stringify(req.body).length });
    });
    app.use(problemErrors());
    const plain = await listen(chain(guard(set), echoLength));
    const inExpress = await listen(app);
    for (const { url } of [plain, inExpress]) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${acme}`, 'content-type': 'application/json' },
        body: '{"a":1}',
      });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ length: 7 });
      for (const name of [
        'x-request-id',
        'content-security-policy',
        'ratelimit',
        'ratelimit-policy',
      ]) {
        expect(response.headers.has(name)).toBe(true);
      }
    }
  });

  it('passes any number of health checks without a key', async () => {
    const { url } = await listen(
      chain(guard(set, 1), (_req, res) => {
        res.end('live');
      }),
    );
    for (let count = 0; count < 5; count++) expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('checks the key before it checks or buffers a body', async () => {
    const { port } = await listen(chain(guard(set), echoLength));
    const client = new RawClient(port);
    client.send('POST / HTTP/1.1', 'Host: x', 'Content-Length: 99999999999', '', 'x'.repeat(9000));
    expect(await client.until(/"error":".*"}/)).toMatch(/^HTTP\/1\.1 401 [^]*Connection: close/);
    client.socket.end();
    expect(await client.closed).toBe('cleanly');
  });

  it('never repeats a planted secret, for any wrong request', async () => {
    const planted = 'PLANTED';
    const reported: unknown[] = [];
    const { port } = await listen(
      chain(
        guard(set),
        (req) => {
          throw new Error(`${planted} ${JSON.stringify(req.headers)} ${pepper}`);
        },
        problemErrors({ onError: (error) => reported.push(error) }),
      ),
    );
    const json = 'Content-Type: application/json';
    const right = `X-Api-Key: ${acme}`;
    const body = `{"password":"${planted}"}`;
    const length = `Content-Length: ${body.length}`;
    const cases: readonly (readonly [number, readonly string[]])[] = [
      [401, [length]],
      [401, [`X-Api-Key: ${planted}`, length]],
      [401, [`Authorization: Bearer ${acme.slice(0, 16)}${planted}`, length]],
      [401, [`Authorization: Basic ${planted}`, length]],
      [400, [`Authorization: Bearer ${acme}`, `X-Api-Key: ${planted}`, length]],
      [403, [`X-Api-Key: ${other}`, length]],
      [413, [right, json, 'Content-Length: 1001']],
      [415, [right, `Content-Type: text/${planted}`, length]],
      [415, [right, `Content-Type: application/json; charset=${planted}`, length]],
      [415, [right, json, `Content-Encoding: ${planted}`, length]],
      [500, [right, json, `Cookie: session=${planted}`, length]],
    ];
    for (const [status, lines] of cases) {
      const answer = await exchange(
        port,
        `POST /${planted}?token=${planted} HTTP/1.1`,
        'Host: x',
        `X-Forwarded-For: ${planted}`,
        `X-Request-Id: ${planted}!`,
        ...lines,
        'Connection: close',
        '',
        body,
      );
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(answer).toMatch(/\r\nContent-Type: application\/problem\+json\r\n/);
      expect(answer).not.toContain(planted);
      for (const key of keys) expect(answer).not.toContain(key.slice(16));
      const problem = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as object;
      expect(Object.keys(problem).sort()).toEqual([
        'code',
        'detail',
        'error',
        'requestId',
        'status',
        'title',
        'type',
      ]);
    }
    expect(reported).toHaveLength(1);
  });

  it('survives any headers, and always responds with a problem', async () => {
    const { port, url } = await listen(
      chain(guard(set), echoLength, problemErrors({ onError: () => undefined })),
    );
    const name = fc.constantFrom(
      'Authorization',
      'X-Api-Key',
      'Content-Type',
      'Content-Encoding',
      'Content-Length',
      'Transfer-Encoding',
      'X-Forwarded-For',
      'X-Request-Id',
      '__proto__',
      'constructor',
      'Expect',
    );
    const value = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 30 }),
      fc.constantFrom(
        `Bearer ${acme}`,
        acme,
        'application/json',
        'chunked',
        '1',
        '\u00ff',
        '__proto__',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 6 }), async (headers) => {
        const client = new RawClient(port);
        const lines = headers.map((pair) => pair.join(': '));
        client.send('POST / HTTP/1.1', 'Host: x', ...lines, 'Connection: close', '', '0\r\n\r\n');
        client.socket.end();
        await client.closed;
        expect(client.received).toMatch(/^(HTTP\/1\.1 (100|200|4\d\d|501) |$)/);
        client.socket.destroy();
      }),
      { numRuns: 100 },
    );
    expect((await fetch(url, { headers: { 'x-api-key': acme } })).status).toBe(200);
  });
});
