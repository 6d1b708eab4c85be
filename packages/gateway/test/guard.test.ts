import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chain, getIdentity } from '@fairlead/security';
import { httpCall, type HttpRequest, temporaryFolder, until } from '@fairlead/test-support';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createProtocols } from '../src/protocols/create-protocols.ts';
import { createGuard } from '../src/access/guard.ts';
import { SettingsError } from '../src/settings/settings-error.ts';
import { readSettings } from '../src/settings/read-settings.ts';
import { pepper, writeKeysFile } from './support/keys-file.ts';

async function guardOf(environment: Readonly<Record<string, string>>) {
  const settings = readSettings(environment);
  const guard = await createGuard(settings, createProtocols(settings), { intervalMs: 20 });
  onTestFinished(() => {
    guard.close();
  });
  return guard;
}

/** Starts a server whose guard is in front of a service that accepts every request, `/metrics` with its scope. */
async function guarded(environment: Readonly<Record<string, string>>) {
  const guard = await guardOf(environment);
  const server = createServer(
    chain(
      guard.chain,
      (req, res, next) => {
        if (req.url === '/metrics') guard.requires('metrics')(req, res, next);
        else next();
      },
      (req, res) => res.end(`for ${getIdentity(req)?.client ?? 'anyone'}`),
    ),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const place = { port: (server.address() as AddressInfo).port };
  return (path: string, question?: HttpRequest) => httpCall(place, path, question);
}

async function guardedByKeys(environment: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder();
  const { keysFile, keys } = writeKeysFile(folder, {
    digits: { scopes: ['infer:digits'] },
    all: { scopes: ['infer:*'] },
    scraper: { scopes: ['metrics'] },
    admin: { scopes: ['admin'] },
    twice: { scopes: ['infer:*'], limit: 2 },
    gone: { scopes: ['infer:*'], expiresAt: new Date(0) },
  });
  const call = await guarded({
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
    ...environment,
  });
  const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
  return {
    call: async (path: string, name?: keyof typeof keys, question: HttpRequest = {}) =>
      call(path, { ...question, ...(name && bearer(keys[name])) }),
    askWith: (path: string, key: string) => call(path, bearer(key)),
    folder,
  };
}

const infer = '/v2/models/digits/infer';

test('changes of the keys file take effect while the gateway runs', async () => {
  const { call, askWith, folder } = await guardedByKeys();
  expect((await call(infer, 'all')).status).toBe(200);
  const { keys } = writeKeysFile(folder, { fresh: { scopes: ['infer:digits'] } });
  await until(async () => {
    return (await askWith(infer, keys.fresh)).status === 200 || undefined;
  });
  expect((await call(infer, 'all')).status).toBe(401);
});

describe('without a key', () => {
  test.each(['/', '/?x=1', '/docs', '/favicon.ico', '/v2/health/live', '/v2/health/ready'])(
    'anyone may read %s',
    async (path) => {
      const { call } = await guardedByKeys();
      expect(await call(path)).toMatchObject({ status: 200, body: 'for anyone' });
      expect((await call(path, undefined, { method: 'HEAD' })).status).toBe(200);
      expect((await call(path, undefined, { method: 'DELETE' })).status).toBe(401);
    },
  );

  test.each([
    '/metrics',
    '/v2',
    '/openapi.json',
    '/v2/models/digits',
    infer,
    '/v2/health/live/',
    '//',
    '/V2/health/live',
    '/v2/health/%6cive',
    '/v2/health/../models/digits',
    '/./v2/health/live',
  ])('%s is closed', async (path) => {
    const { call } = await guardedByKeys();
    const { status, headers, body } = await call(path);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/^Bearer realm=/);
    expect(JSON.parse(body)).toMatchObject({
      code: 'ERR_SECURITY_KEY_MISSING',
      error: expect.stringContaining('Authorization: Bearer') as string,
    });
  });

  test('a wrong, an unknown and an expired key get the same response', async () => {
    const { call, askWith } = await guardedByKeys();
    const answers = [
      await askWith('/v2', 'fl_unknown'),
      await askWith('/v2', writeKeysFile(temporaryFolder(), { other: {} }).keys.other),
      await call('/v2', 'gone'),
    ].map(({ status, body }) => {
      const { requestId, ...problem } = JSON.parse(body) as Record<string, unknown>;
      expect(requestId).toBeTypeOf('string');
      return { status, ...problem };
    });
    expect(answers[0]).toMatchObject({ status: 401, code: 'ERR_SECURITY_KEY_REFUSED' });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });
});

describe('scopes', () => {
  test.each([
    [infer, 'digits', 200],
    [infer, 'all', 200],
    [infer, 'scraper', 403],
    [`${infer}?verbose=1`, 'scraper', 403],
    ['/v2/models/digits/versions/2/infer', 'digits', 200],
    ['/v2/models/digits/versions/2/infer', 'scraper', 403],
    // The name of the model is that which the model server reads.
    ['/v2/models/%64igits/infer', 'digits', 200],
    ['/v2/models/%64igits/infer', 'scraper', 403],
    ['/v2/models/d%69gits/versions/%32/infer', 'scraper', 403],
    ['/v2/models/other/infer', 'digits', 403],
    ['/v2/models/%6fther/infer', 'digits', 403],
    ['/v2/models/digits%2F..%2Fother/infer', 'digits', 403],
    ['/v2/models/../infer', 'digits', 403],
    ['/v2/models/%2e%2e/infer', 'digits', 403],
    ['/v2/models/*/infer', 'digits', 403],
    // This path names no model: the protocol answers 404.
    ['/v2/models/%zz/infer', 'digits', 200],
    ['/v1/models/digits:predict', 'digits', 200],
    ['/v1/models/%64igits:predict', 'digits', 200],
    ['/v1/models/digits/versions/1:predict?x', 'digits', 200],
    ['/v1/models/wine:predict', 'digits', 403],
    ['/v2/models/digits%00/infer', 'digits', 403],
    // Metadata and readiness of a model need any key.
    ['/v2/models/other', 'digits', 200],
    ['/v2/models/other/ready', 'scraper', 200],
    ['/metrics', 'scraper', 200],
    ['/metrics', 'all', 403],
  ] as const)('%s with the key "%s": %i', async (path, name, status) => {
    const { call } = await guardedByKeys();
    const answer = await call(path, name);
    expect(answer.status).toBe(status);
    if (status === 200) expect(answer.body).toBe(`for ${name}`);
    else expect(answer.body).toContain('ERR_SECURITY_SCOPE');
  });

  test.each([
    ['POST', '/v2/repository/index', 'all', 403],
    ['POST', '/v2/repository/index', 'admin', 200],
    ['POST', '/v2/repository/models/digits/load', 'all', 403],
    ['POST', '/v2/repository/models/%64igits/unload?x=1', 'all', 403],
    ['PUT', '/v2/repository/models/digits/unload', 'all', 403],
    ['POST', '/v2/repository/models/digits/unload', 'admin', 200],
    ['POST', infer, 'admin', 403],
    ['GET', '/models', 'digits', 200],
    ['POST', '/models', 'all', 403],
    ['POST', '/models', 'admin', 200],
    ['GET', '/models/digits', 'digits', 200],
    ['DELETE', '/models/digits', 'all', 403],
    ['DELETE', '/models/digits', 'admin', 200],
    // A path that doesn't exist needs no scope: the protocol answers 404.
    ['POST', '/v2/repository/models/digits/load/', 'all', 200],
    ['POST', '/v2/./repository/models/digits/load', 'all', 200],
    ['POST', '/v2//repository/index', 'all', 200],
  ] as const)('%s %s with the key "%s": %i', async (method, path, name, status) => {
    const { call } = await guardedByKeys({
      FAIRLEAD_PROTOCOLS: 'open-inference,sagemaker',
      FAIRLEAD_INVOCATIONS_MODEL: 'digits',
    });
    expect((await call(path, name, { method })).status).toBe(status);
  });

  test('a rejection names the missing scope', async () => {
    const { call } = await guardedByKeys();
    const { body, headers } = await call('/v2/models/%6fther/infer', 'digits');
    expect(JSON.parse(body)).toMatchObject({
      error: expect.stringContaining('"infer:other"') as string,
    });
    expect(headers['www-authenticate']).toContain('scope="infer:other"');
  });
});

describe('rate limits', () => {
  test('a key has its own limit; the public paths are not counted', async () => {
    const { call } = await guardedByKeys({ FAIRLEAD_RATE_LIMIT: '3' });
    for (const status of [200, 200, 429]) expect((await call(infer, 'twice')).status).toBe(status);
    for (const status of [200, 200, 200, 429]) {
      expect((await call(infer, 'all')).status).toBe(status);
    }
    for (let count = 0; count < 5; count++) expect((await call('/')).status).toBe(200);
    const { headers, body } = await call(infer, 'twice');
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(body).toContain('2 are allowed in 60 s');
  });

  test('a request that is forbidden counts for its client like any other', async () => {
    const { call } = await guardedByKeys();
    const refused = '/v2/models/digits/versions/1/infer';
    expect((await call('/v2/repository/index', 'twice', { method: 'POST' })).status).toBe(403);
    const { status, headers } = await call('/v2/repository/index', 'twice', { method: 'POST' });
    expect([status, headers.ratelimit]).toEqual([403, '"default";r=0;t=60']);
    for (const path of ['/v2', refused]) expect((await call(path, 'twice')).status).toBe(429);
    expect((await call(refused, 'all')).status).toBe(200);
  });

  test('requests with an invalid key or none are limited by their address, valid keys from that address are not', async () => {
    const { call, askWith } = await guardedByKeys({ FAIRLEAD_REFUSED_KEYS_LIMIT: '4' });
    for (let count = 0; count < 2; count++) {
      expect((await call(infer)).status).toBe(401);
      expect((await askWith('/metrics', `fl_${'0'.repeat(12)}_${String(count)}`)).status).toBe(401);
    }
    for (const answer of [
      await call(infer),
      await askWith('/v2', 'fl_guess'),
      await call('/v2', 'gone'),
    ]) {
      expect(answer.status).toBe(429);
      expect(answer.body).toContain('4 are allowed in 60 s');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.headers.ratelimit).toContain('"refused-keys";r=0');
    }
    expect((await call(infer, 'all')).status).toBe(200);
    // Another address, as the proxy in front says.
    const elsewhere = { headers: { 'x-forwarded-for': '192.0.2.7' } };
    expect((await call(infer, undefined, elsewhere)).status).toBe(401);
    expect((await call('/v2/health/live')).status).toBe(200);
  });

  test('by default invalid keys get 429 from the 301st request of a minute on', async () => {
    const { askWith } = await guardedByKeys();
    const statuses: number[] = [];
    for (let count = 0; count < 302; count++) {
      const guess = `fl_${String(count).padStart(12, '0')}_${'x'.repeat(43)}`;
      statuses.push((await askWith('/v2', guess)).status);
    }
    expect(statuses.slice(0, 300).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(300)).toEqual([429, 429]);
  });

  test('without keys each client behind the proxy has a separate limit', async () => {
    const call = await guarded({
      FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
      FAIRLEAD_RATE_LIMIT: '1',
    });
    const from = (address: string) => call(infer, { headers: { 'x-forwarded-for': address } });
    expect((await from('192.0.2.1')).status).toBe(200);
    expect((await from('192.0.2.1')).status).toBe(429);
    expect((await from('192.0.2.2')).status).toBe(200);
  });

  test('a body must be JSON, and not larger than the setting', async () => {
    const { call } = await guardedByKeys({ FAIRLEAD_MAX_BODY_BYTES: '10' });
    expect((await call(infer, 'all', { body: '"12345678"' })).status).toBe(200);
    expect(await call(infer, 'all', { body: '"123456789"' })).toMatchObject({
      status: 413,
      body: expect.stringContaining('10 bytes') as string,
    });
  });
});

describe('responses', () => {
  test('have a request id and the headers of an API', async () => {
    const { call } = await guardedByKeys();
    const { headers } = await call('/v2', 'all');
    expect(headers['x-request-id']).toMatch(/^[\w-]{36}$/);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    // TLS ends at the proxy, which says this.
    expect(headers).not.toHaveProperty('strict-transport-security');
  });
});

describe('without keys', () => {
  test('every request is allowed', async () => {
    const call = await guarded({ FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1' });
    for (const path of [infer, '/metrics', '/v2']) expect((await call(path)).status).toBe(200);
  });
});

describe('an invalid keys file', () => {
  const create = (keysFile: string) =>
    guardOf({ FAIRLEAD_KEYS_FILE: keysFile, FAIRLEAD_PEPPER: pepper });

  test('is named when it does not exist', async () => {
    await expect(create('/nowhere/keys.json')).rejects.toThrow(SettingsError);
    await expect(create('/nowhere/keys.json')).rejects.toThrow(
      /^FAIRLEAD_KEYS_FILE can't be used: ENOENT.*keys/,
    );
  });

  test('is named when it has other content, which is not shown', async () => {
    const file = join(temporaryFolder(), 'keys.json');
    writeFileSync(file, '{"keys":[{"id":"PLANTED"}]}');
    await expect(create(file)).rejects.toThrow(/^FAIRLEAD_KEYS_FILE can't be used: keys\[0\]\.id/);
    await expect(create(file)).rejects.not.toThrow(/PLANTED/);
  });

  test('is rejected when other accounts may write it, with the command that corrects it', async () => {
    const { keysFile } = writeKeysFile(temporaryFolder(), { all: { scopes: ['infer:*'] } });
    chmodSync(keysFile, 0o664);
    await expect(create(keysFile)).rejects.toThrow(`Run: chmod go-w ${keysFile}`);
  });
});
