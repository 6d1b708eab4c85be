import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import {
  apiKeys,
  chain,
  getIdentity,
  problemErrors,
  publicPaths,
  rateLimit,
  requiredScope,
  type ChainStep,
} from '../src/index.ts';
import { keySet } from './support/keys.ts';
import { listen } from './support/listen.ts';
import { exchange } from './support/raw-client.ts';

const past = new Date(Date.now() - 1000);
const { keys, set } = keySet(
  { client: 'acme', scopes: ['infer:digits', 'metrics'] },
  { client: 'late', expiresAt: past },
  { client: 'all', scopes: ['infer:*'] },
);
const [acme = '', expired = '', all = ''] = keys;
const whoAmI: ChainStep = (req, res) => {
  res.end(getIdentity(req)?.client ?? 'anonymous');
};

async function send(port: number, ...lines: readonly string[]): Promise<string> {
  return exchange(port, 'GET / HTTP/1.1', 'Host: localhost', ...lines, 'Connection: close', '', '');
}

function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

describe('apiKeys', () => {
  it.each([
    `Authorization: Bearer ${acme}`,
    `authorization: bearer ${acme}`,
    `AUTHORIZATION: BEARER   ${acme}`,
    `X-Api-Key: ${acme}`,
  ])('takes the key from %s', async (line) => {
    const { port } = await listen(chain(apiKeys({ keys: set }), whoAmI));
    const answer = await send(port, line);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('acme');
  });

  it('responds with 401 to a request without a key', async () => {
    const { port } = await listen(chain(apiKeys({ keys: set, realm: 'models' }), whoAmI));
    for (const lines of [[], ['Authorization: '], ['X-Api-Key: ']]) {
      const answer = await send(port, ...lines);
      expect(answer).toMatch(/^HTTP\/1\.1 401 [^]*\r\nWWW-Authenticate: Bearer realm="models"\r\n/);
      expect(JSON.parse(bodyOf(answer))).toMatchObject({
        code: 'ERR_SECURITY_KEY_MISSING',
        detail: expect.stringContaining('Authorization: Bearer fl_') as unknown,
      });
    }
  });

  it('passes missing and refused keys to a rate limit, whose 429 replaces the 401, but no right key', async () => {
    const refusals = rateLimit({ windowMs: 60_000, limit: 3, name: 'refused-keys' });
    const { port } = await listen(chain(apiKeys({ keys: set, refusals }), whoAmI));
    const lines = [
      [],
      [`X-Api-Key: ${expired}`],
      [`X-Api-Key: ${acme}`, `Authorization: Bearer ${all}`],
    ];
    const statuses: unknown[] = [];
    for (const sent of [...lines, ...lines, [`X-Api-Key: ${acme}`]]) {
      statuses.push((await send(port, ...sent)).slice(9, 12));
    }
    expect(statuses).toEqual(['401', '401', '400', '429', '429', '429', '200']);
  });

  it('gives the same response to every key that is not right', async () => {
    const { port } = await listen(chain(apiKeys({ keys: set }), whoAmI));
    const unknown = keySet({}).keys[0] ?? '';
    const answers = new Set<string>();
    for (const line of [
      `Authorization: Bearer ${expired}`,
      `Authorization: Bearer ${unknown}`,
      `Authorization: Bearer ${acme.slice(0, 16)}${all.slice(16)}`,
      `Authorization: Bearer ${acme}x`,
      `Authorization: Bearer ${acme} ${acme}`,
      'Authorization: Bearer',
      'Authorization: Bearer \u00e9\u00ff',
      `Authorization: ${acme}`,
      'Authorization: Basic YTpi',
      `Authorization: Bearer,${acme}`,
      `X-Api-Key: Bearer ${acme}`,
      'X-Api-Key: __proto__',
      'X-Api-Key: constructor',
      `X-Api-Key: ${acme.toUpperCase()}`,
      `X-Api-Key: ${'k'.repeat(8000)}`,
    ]) {
      const answer = await send(port, line);
      answers.add(answer.replace(/\r\nDate: .*\r\n/, '\r\n'));
      expect(answer).toMatch(
        /^HTTP\/1\.1 401 [^]*WWW-Authenticate: Bearer realm="api", error="invalid_token"\r\n/,
      );
    }
    expect(answers.size).toBe(1);
  });

  it.each([
    [[`Authorization: Bearer ${acme}`, `Authorization: Bearer ${all}`]],
    [[`Authorization: Bearer ${acme}`, `Authorization: Bearer ${acme}`]],
    [[`Authorization: Bearer ${acme}`, `X-Api-Key: ${all}`]],
    [['Authorization: Basic YTpi', `X-Api-Key: ${acme}`]],
    [[`X-Api-Key: ${acme}`, `x-api-key: ${all}`]],
    [['Authorization:', `Authorization: Bearer ${acme}`]],
  ])('refuses more than one credential (%#)', async (lines) => {
    const { port } = await listen(chain(apiKeys({ keys: set }), whoAmI));
    const answer = await send(port, ...lines);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('ERR_SECURITY_CREDENTIALS_AMBIGUOUS');
    expect(answer).not.toContain('fl_');
  });

  it('lets anonymous requests pass when keys are optional, but no wrong key', async () => {
    const { port } = await listen(chain(apiKeys({ keys: set, optional: true }), whoAmI));
    expect(await send(port)).toContain('anonymous');
    expect(await send(port, `X-Api-Key: ${acme}`)).toContain('acme');
    expect(await send(port, `X-Api-Key: ${expired}`)).toMatch(/^HTTP\/1\.1 401 /);
    expect(await send(port, 'Authorization: Basic YTpi')).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('keeps serving after headers that are too large', async () => {
    const { port } = await listen(chain(apiKeys({ keys: set }), whoAmI));
    expect(await send(port, `X-Api-Key: ${'k'.repeat(20_000)}`)).toMatch(/^(HTTP\/1\.1 431 |$)/);
    expect(await send(port, `X-Api-Key: ${acme}`)).toContain('acme');
  });

  it('refuses a realm that cannot be quoted', () => {
    expect(() => apiKeys({ keys: set, realm: 'a"b' })).toThrow(/realm/);
    expect(() => apiKeys({ keys: set, realm: 'a\r\nb' })).toThrow(/realm/);
  });
});

describe('publicPaths', () => {
  const isPublic = publicPaths('/v2/health/live');

  it('needs no key for exactly these paths, read only', async () => {
    const { url } = await listen(chain(apiKeys({ keys: set, isPublic }), whoAmI));
    const status = async (path: string, method = 'GET'): Promise<number> =>
      (await fetch(url + path, { method })).status;
    expect(await status('/v2/health/live')).toBe(200);
    expect(await status('/v2/health/live?probe=1')).toBe(200);
    expect(await status('/v2/health/live', 'HEAD')).toBe(200);
    expect(await status('/v2/health/live', 'POST')).toBe(401);
    expect(await status('/v2/health/live/')).toBe(401);
    expect(await status('/V2/health/live')).toBe(401);
    expect(await status('//v2/health/live')).toBe(401);
    expect(await status('/v2/health/live%2f..%2fmodels')).toBe(401);
    expect(await status('/v2/models?x=/v2/health/live')).toBe(401);
  });

  it('does not match a path in absolute form or with dot segments', async () => {
    const { port } = await listen(chain(apiKeys({ keys: set, isPublic }), whoAmI));
    for (const target of [
      '/v2/health/live/../../models',
      '/v2/models#/v2/health/live',
      'http://x/v2/health/live',
    ]) {
      const answer = await exchange(
        port,
        `GET ${target} HTTP/1.1`,
        'Host: x',
        'Connection: close',
        '',
        '',
      );
      expect(answer).toMatch(/^HTTP\/1\.1 40[01] /);
    }
  });

  it('compares the whole path in a mounted Express router', async () => {
    const app = express();
    app.use('/v2', apiKeys({ keys: set, isPublic }), (_req, res) => {
      res.send('open');
    });
    app.use(problemErrors());
    expect((await request(app).get('/v2/health/live')).status).toBe(200);
    expect((await request(app).get('/v2/v2/health/live')).status).toBe(401);
  });

  it('refuses a text that is not a path', () => {
    expect(() => publicPaths('health')).toThrow(/paths/);
    expect(() => publicPaths('/health?x=1')).toThrow(/paths/);
  });
});

describe('requiredScope', () => {
  const scopeOfModel = requiredScope((req) => {
    const model = /^\/v2\/models\/([^/?]*)/.exec(req.url ?? '')?.[1];
    return model === undefined ? undefined : `infer:${decodeURIComponent(model)}`;
  });

  it.each([
    [acme, '/v2/models/digits', 200],
    [acme, '/v2/models/cancer', 403],
    [acme, '/v2/models/*', 403],
    [acme, '/v2/models/digits%00', 403],
    [acme, '/v2/models/digits:x', 403],
    [acme, '/v2/models/', 403],
    [acme, '/v2/models/__proto__', 403],
    [acme, '/v2/models/constructor', 403],
    [acme, '/v2', 200],
    [all, '/v2/models/cancer', 200],
    [all, '/v2/models/digits', 200],
    [acme, '/v2/models/%', 500],
  ])('decides for %s on %s: %i', async (key, path, status) => {
    const { url } = await listen(
      chain(
        apiKeys({ keys: set }),
        scopeOfModel,
        whoAmI,
        problemErrors({ onError: () => undefined }),
      ),
    );
    const response = await fetch(url + path, { headers: { 'x-api-key': key } });
    expect(response.status).toBe(status);
  });

  it('names the missing scope in the body and in a header', async () => {
    const { url } = await listen(chain(apiKeys({ keys: set }), scopeOfModel, whoAmI));
    const headers = { 'x-api-key': acme };
    const response = await fetch(`${url}/v2/models/cancer`, { headers });
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="api", error="insufficient_scope", scope="infer:cancer"',
    );
    expect(await response.json()).toMatchObject({
      code: 'ERR_SECURITY_SCOPE',
      detail: `This requires the scope "infer:cancer", which the key doesn't have.`,
    });
  });

  it('puts no character into a header that could break it', async () => {
    const { url } = await listen(chain(apiKeys({ keys: set }), scopeOfModel, whoAmI));
    const headers = { 'x-api-key': acme };
    for (const model of [
      'a%0d%0aSet-Cookie:x=1',
      'a%22b',
      '%e2%82%ac',
      'a%20b',
      'x'.repeat(5000),
    ]) {
      const response = await fetch(`${url}/v2/models/${model}`, { headers });
      expect(response.status).toBe(403);
      expect(response.headers.get('www-authenticate')).toBe(
        'Bearer realm="api", error="insufficient_scope"',
      );
      expect(response.headers.get('set-cookie')).toBeNull();
      expect((await response.text()).length).toBeLessThan(1500);
    }
  });

  it('requires a key where keys are optional but a scope is required', async () => {
    const { url } = await listen(
      chain(apiKeys({ keys: set, optional: true }), requiredScope('admin'), whoAmI),
    );
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { 'x-api-key': all } })).status).toBe(403);
  });
});
