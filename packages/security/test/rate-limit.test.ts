import express from 'express';
import type { MemoryStore } from 'express-rate-limit';
import request from 'supertest';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  apiKeys,
  chain,
  clientAddress,
  problemErrors,
  publicPaths,
  rateLimit,
  type ChainStep,
  type RateLimitCount,
  type RateLimitStore,
} from '../src/index.ts';
import { keySet } from './support/keys.ts';
import { listen } from './support/listen.ts';

const ok: ChainStep = (_req, res) => {
  res.end('ok');
};
const hour = 3_600_000;

function storeOf(increment: () => RateLimitCount | Promise<RateLimitCount>): RateLimitStore {
  return { increment, decrement: () => undefined, resetKey: () => undefined };
}

async function statusFrom(url: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(url, { headers });
  await response.arrayBuffer();
  return response.status;
}

describe('rateLimit', () => {
  it('sends the remaining requests, and 429 with Retry-After when none remain', async () => {
    const { url } = await listen(chain(rateLimit({ windowMs: hour, limit: 2, name: 'burst' }), ok));
    const [first, second, third] = [await fetch(url), await fetch(url), await fetch(url)];
    expect(first.headers.get('ratelimit-policy')).toBe('"burst";q=2;w=3600');
    expect(first.headers.get('ratelimit')).toBe('"burst";r=1;t=3600');
    expect([first.status, second.status, third.status]).toEqual([200, 200, 429]);
    expect(third.headers.get('ratelimit')).toMatch(/^"burst";r=0;t=\d+$/);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(3500);
    expect(third.headers.get('content-type')).toBe('application/problem+json');
    expect(await third.json()).toMatchObject({
      code: 'ERR_SECURITY_RATE_LIMIT',
      detail: expect.stringMatching(/^Too many requests: 2 are allowed in 3600 s/) as unknown,
    });
  });

  it('works in Express the same way', async () => {
    const app = express();
    app.use(rateLimit({ windowMs: hour, limit: 1 }));
    app.get('/', (_req, res) => {
      res.send('ok');
    });
    app.use(problemErrors());
    const first = await request(app).get('/');
    expect(first.headers.ratelimit).toBe('"default";r=0;t=3600');
    const second = await request(app).get('/');
    expect(second.status).toBe(429);
    expect(second.body).toMatchObject({ status: 429, code: 'ERR_SECURITY_RATE_LIMIT' });
  });

  it('lets exactly the limit pass when many requests arrive at once', async () => {
    const { url } = await listen(chain(rateLimit({ windowMs: hour, limit: 30 }), ok));
    const statuses = await Promise.all(Array.from({ length: 100 }, () => statusFrom(url)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(30);
    expect(statuses.filter((status) => status === 429)).toHaveLength(70);
  });

  it('lets clients pass again in the next window', async () => {
    const { url } = await listen(chain(rateLimit({ windowMs: 200, limit: 1 }), ok));
    expect(await statusFrom(url)).toBe(200);
    await expect.poll(() => statusFrom(url), { timeout: 60_000 }).toBe(200);
  });

  it('counts by client, for each of its keys and from any address', async () => {
    const { keys, set } = keySet(
      { client: 'acme' },
      { client: 'acme' },
      { client: 'other' },
      { client: 'big', limit: 4 },
    );
    const address = clientAddress({ trustedProxies: ['loopback'] });
    const { url } = await listen(
      chain(apiKeys({ keys: set }), rateLimit({ windowMs: hour, limit: 2, address }), ok),
    );
    const [acmeOld = '', acmeNew = '', other = '', big = ''] = keys;
    const from = (key: string, ip: string): Promise<number> =>
      statusFrom(url, { 'x-api-key': key, 'x-forwarded-for': ip });
    expect(await from(acmeOld, '203.0.113.1')).toBe(200);
    expect(await from(acmeNew, '203.0.113.2')).toBe(200);
    expect(await from(acmeNew, '203.0.113.3')).toBe(429);
    expect(await from(other, '203.0.113.3')).toBe(200);
    for (const expected of [200, 200, 200, 200, 429]) {
      expect(await from(big, '203.0.113.4')).toBe(expected);
    }
  });

  it('counts anonymous clients by address, IPv6 by its /56', async () => {
    const address = clientAddress({ trustedProxies: ['loopback'] });
    const { url } = await listen(chain(rateLimit({ windowMs: hour, limit: 1, address }), ok));
    const from = (ip: string): Promise<number> => statusFrom(url, { 'x-forwarded-for': ip });
    expect(await from('203.0.113.1')).toBe(200);
    expect(await from('::ffff:203.0.113.1')).toBe(429);
    expect(await from('6.6.6.6, 203.0.113.1')).toBe(429);
    expect(await from('203.0.113.2')).toBe(200);
    expect(await from('2001:db8:0:ff00::1')).toBe(200);
    expect(await from('2001:db8:0:ffff:1234::9')).toBe(429);
    expect(await from('2001:db8:1::1')).toBe(200);
  });

  it('cannot be bypassed with a forged X-Forwarded-For', async () => {
    const { url } = await listen(chain(rateLimit({ windowMs: hour, limit: 1 }), ok));
    expect(await statusFrom(url, { 'x-forwarded-for': '203.0.113.1' })).toBe(200);
    expect(await statusFrom(url, { 'x-forwarded-for': '203.0.113.2' })).toBe(429);
  });

  it('does not mistake a client for an address', async () => {
    const { keys, set } = keySet({ client: '127.0.0.1' });
    const { url } = await listen(
      chain(apiKeys({ keys: set, optional: true }), rateLimit({ windowMs: hour, limit: 1 }), ok),
    );
    expect(await statusFrom(url, { 'x-api-key': keys[0] ?? '' })).toBe(200);
    expect(await statusFrom(url)).toBe(200);
  });

  it('does not count skipped requests', async () => {
    const skip = publicPaths('/health');
    const { url } = await listen(chain(rateLimit({ windowMs: hour, limit: 1, skip }), ok));
    expect(await statusFrom(`${url}/health`)).toBe(200);
    expect(await statusFrom(`${url}/health`)).toBe(200);
    expect(await statusFrom(url)).toBe(200);
    expect(await statusFrom(url)).toBe(429);
  });

  it('lists both policies of two consecutive limiters', async () => {
    const { url } = await listen(
      chain(
        rateLimit({ windowMs: 1000, limit: 5, name: 'second' }),
        rateLimit({ windowMs: hour, limit: 9, name: 'hour' }),
        ok,
      ),
    );
    const { headers } = await fetch(url);
    expect(headers.get('ratelimit-policy')).toBe('"second";q=5;w=1, "hour";q=9;w=3600');
  });

  it.each<[string, () => RateLimitCount | Promise<RateLimitCount>]>([
    [
      'throws',
      () => {
        throw new Error('PLANTED redis://secret');
      },
    ],
    ['rejects', () => Promise.reject(new Error('PLANTED redis://secret'))],
    ['never answers', () => new Promise(() => undefined)],
    ['counts nonsense', () => ({ totalHits: Number.NaN, resetTime: undefined })],
  ])('refuses or allows, as chosen, when the store %s', async (_how, increment) => {
    const store = storeOf(increment);
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const options = { windowMs: hour, limit: 1, store, storeTimeoutMs: 50, onError };
    const closed = await listen(chain(rateLimit(options), ok, problemErrors({ onError })));
    const refused = await fetch(closed.url);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    const text = await refused.text();
    expect(text).toContain('ERR_SECURITY_RATE_LIMIT_STORE');
    expect(text).not.toContain('PLANTED');
    const open = await listen(chain(rateLimit({ ...options, onStoreFailure: 'allow' }), ok));
    expect(await statusFrom(open.url)).toBe(200);
    expect(errors).toEqual([
      expect.objectContaining({ code: 'ERR_SECURITY_RATE_LIMIT_STORE' }),
      expect.objectContaining({ code: 'ERR_SECURITY_RATE_LIMIT_STORE' }),
    ]);
  });

  it('shares counts through an injected store', async () => {
    expectTypeOf<MemoryStore>().toExtend<RateLimitStore>();
    const counts = new Map<string, number>();
    const store = (): RateLimitStore => ({
      increment(key) {
        const totalHits = (counts.get(key) ?? 0) + 1;
        counts.set(key, totalHits);
        return { totalHits, resetTime: new Date(Date.now() + 60_000) };
      },
      decrement: () => undefined,
      resetKey: () => undefined,
    });
    const one = await listen(chain(rateLimit({ windowMs: hour, limit: 1, store: store() }), ok));
    const two = await listen(chain(rateLimit({ windowMs: hour, limit: 1, store: store() }), ok));
    expect(await statusFrom(one.url)).toBe(200);
    expect(await statusFrom(two.url)).toBe(429);
    expect([...counts]).toEqual([['address:127.0.0.1', 2]]);
  });

  it('refuses wrong options at creation', () => {
    for (const windowMs of [0, -1, 1.5, 2 ** 31, Number.NaN]) {
      expect(() => rateLimit({ windowMs, limit: 1 })).toThrow(/windowMs/);
    }
    for (const limit of [0, -1, Number.POSITIVE_INFINITY]) {
      expect(() => rateLimit({ windowMs: 1, limit })).toThrow(/limit/);
    }
    expect(() => rateLimit({ windowMs: 1, limit: 1, name: 'a"b' })).toThrow(/name/);
  });
});
