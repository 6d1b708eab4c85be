import { describe, expect, it } from 'vitest';
import { authenticate, chain, checkScope, rateLimit } from '../src/index.ts';
import { keySet } from './support/keys.ts';
import { listen } from './support/listen.ts';

const { keys, set } = keySet(
  { client: 'acme', scopes: ['infer:digits'] },
  { client: 'late', expiresAt: new Date(Date.now() - 1000) },
  { client: 'all', scopes: ['infer:*'], limit: 3 },
);
const [acme = '', expired = '', all = ''] = keys;

describe('authenticate', () => {
  it('finds the client of a key in either header', () => {
    expect(authenticate(set, { authorization: [`Bearer ${acme}`] }).client).toBe('acme');
    expect(authenticate(set, { apiKey: [all] }).client).toBe('all');
  });

  it.each([
    ['nothing', {}, 'ERR_SECURITY_KEY_MISSING'],
    ['an empty header', { authorization: [''] }, 'ERR_SECURITY_KEY_MISSING'],
    ['another scheme', { authorization: [`Basic ${acme}`] }, 'ERR_SECURITY_KEY_REFUSED'],
    ['a malformed key', { authorization: ['Bearer fl_malformed'] }, 'ERR_SECURITY_KEY_REFUSED'],
    ['an expired key', { apiKey: [expired] }, 'ERR_SECURITY_KEY_REFUSED'],
    [
      'two keys',
      { authorization: [`Bearer ${acme}`, `Bearer ${all}`] },
      'ERR_SECURITY_CREDENTIALS_AMBIGUOUS',
    ],
    [
      'one key in two headers',
      { authorization: [`Bearer ${acme}`], apiKey: [acme] },
      'ERR_SECURITY_CREDENTIALS_AMBIGUOUS',
    ],
  ])('refuses %s', (_, credentials, code) => {
    expect(() => authenticate(set, credentials)).toThrow(expect.objectContaining({ code }));
  });
});

describe('checkScope', () => {
  it('accepts keys with the scope and names it to other keys', () => {
    const identity = authenticate(set, { apiKey: [acme] });
    checkScope(identity, 'infer:digits');
    checkScope(authenticate(set, { apiKey: [all] }), 'infer:digits');
    expect(() => {
      checkScope(identity, 'infer:wine');
    }).toThrow(
      expect.objectContaining({
        code: 'ERR_SECURITY_SCOPE',
        status: 403,
        message: expect.stringContaining('"infer:wine"') as string,
      }),
    );
  });
});

describe('a rate limit for calls without an HTTP request', () => {
  it('counts them together with requests over HTTP, for each address and each client', async () => {
    const limited = rateLimit({ windowMs: 3_600_000, limit: 2 });
    const { url } = await listen(
      chain(limited, (_req, res) => {
        res.end('ok');
      }),
    );
    await limited.count({ address: '127.0.0.1' });
    expect((await fetch(url)).status).toBe(200);
    await expect(limited.count({ address: '127.0.0.1' })).rejects.toMatchObject({
      code: 'ERR_SECURITY_RATE_LIMIT',
      headers: { 'Retry-After': expect.stringMatching(/^\d+$/) as string },
      message: expect.stringContaining('2 are allowed in 3600 s') as string,
    });
    expect((await fetch(url)).status).toBe(429);

    await limited.count({ address: '192.0.2.1' });
    const identity = authenticate(set, { apiKey: [all] });
    const asAll = () => limited.count({ identity, address: '127.0.0.1' });
    for (let count = 0; count < 3; count++) await asAll();
    await expect(asAll()).rejects.toMatchObject({ code: 'ERR_SECURITY_RATE_LIMIT' });
  });

  it('refuses while the store fails, or accepts and reports the failure', async () => {
    const store = {
      increment: () => Promise.reject(new Error('gone')),
      decrement: () => undefined,
      resetKey: () => undefined,
    };
    const options = { windowMs: 1000, limit: 1, store };
    const one = { address: '192.0.2.1' };
    await expect(rateLimit(options).count(one)).rejects.toMatchObject({
      code: 'ERR_SECURITY_RATE_LIMIT_STORE',
    });
    const reported: unknown[] = [];
    const open = rateLimit({
      ...options,
      onStoreFailure: 'allow',
      onError: (error) => reported.push(error),
    });
    await open.count(one);
    expect(reported).toHaveLength(1);
  });
});
