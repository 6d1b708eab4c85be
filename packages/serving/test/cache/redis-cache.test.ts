import { startRedis, until, type RedisServer } from '@fairlead/test-support';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  expectTypeOf,
  test,
} from 'vitest';
import { ServingError, type CacheStore } from '@fairlead/serving';
import {
  redisCache,
  type RedisCacheClient,
  type RedisCacheOptions,
} from '@fairlead/serving/redis-cache';

type Client = ReturnType<typeof clientOf>;

const clientOf = (url: string) =>
  createClient({ url, socket: { reconnectStrategy: 20, connectTimeout: 2000 } });

let redis: RedisServer;
let client: Client;
let clients: Client[];

const connect = (url: string): Client => {
  const made = clientOf(url);
  clients.push(made);
  // Goes on trying; what it can't do is in the cache's errors.
  made.connect().catch(() => undefined);
  return made;
};

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.kill());

beforeEach(async () => {
  clients = [];
  client = connect(redis.url);
  client.on('error', () => undefined);
  await until(() => client.isReady);
  await client.configSet({ maxmemory: '0' });
  await client.configResetStat();
  await client.flushAll();
});
afterEach(() => {
  for (const each of clients) each.destroy();
});

const cacheOf = (options: Partial<RedisCacheOptions> = {}) =>
  // Generous: the machine may be slow, Redis isn't.
  redisCache({ client, timeoutMs: 5000, pauseMs: 1, ...options });
const VALUE = Uint8Array.from({ length: 1000 }, (_, index) => index % 256);

describe('responses in Redis', () => {
  test('come back byte for byte, on another host as well, and in time they go', async () => {
    const cache = cacheOf({ ttlMs: 60_000 });
    expect(await cache.get('m/1/a')).toBeUndefined();
    await cache.set('m/1/a', VALUE);
    expect(await cache.get('m/1/a')).toEqual(Buffer.from(VALUE));
    expect(await cache.get('m/2/a')).toBeUndefined();
    const other = connect(redis.url);
    await until(() => other.isReady);
    expect(await cacheOf({ client: other }).get('m/1/a')).toEqual(Buffer.from(VALUE));
    const ttl = await client.pTTL('fairlead:m/1/a');
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(60_000);
    const brief = cacheOf({ ttlMs: 10 });
    await brief.set('brief', VALUE);
    await until(async () => (await brief.get('brief')) === undefined);
  });

  test('are refused when they are too large', async () => {
    const cache = cacheOf({ maxEntryBytes: 999 });
    await cache.set('large', VALUE);
    expect(await client.keys('*')).toEqual([]);
  });

  test('of a client that was made for something else come back the same', async () => {
    const resp3 = createClient({ url: redis.url, RESP: 3, commandOptions: { typeMapping: {} } });
    resp3.on('error', () => undefined);
    await resp3.connect();
    expectTypeOf(resp3).toExtend<RedisCacheClient>();
    const cache = redisCache({ client: resp3, timeoutMs: 5000 });
    await cache.set('k', VALUE);
    expect(await cache.get('k')).toEqual(Buffer.from(VALUE));
    resp3.destroy();
  });
});

describe('a value that is not exactly the stored one', () => {
  const damage: [string, (key: string) => Promise<unknown>][] = [
    ['changed in one bit', (key) => client.setBit(key, 8 * 500, 1)],
    ['cut off', async (key) => client.set(key, (await client.get(key))?.slice(0, 20) ?? '')],
    ['prolonged', (key) => client.append(key, 'x')],
    ['something else', (key) => client.set(key, 'hello')],
    ['empty', (key) => client.set(key, '')],
    ['of another type', async (key) => [await client.del(key), await client.hSet(key, 'a', 'b')]],
    ["another key's", (key) => client.copy('fairlead:other', key, { REPLACE: true })],
  ];
  test.each(damage)('%s: a miss, and stored again', async (_how, spoil) => {
    const cache = cacheOf();
    // Its 500th byte's first bit is 0, so that setting it changes something.
    const value = new Uint8Array(1000);
    await cache.set('other', value);
    await cache.set('k', value);
    expect(await cache.get('k')).toBeDefined();
    await spoil('fairlead:k');
    expect(await cache.get('k')).toBeUndefined();
    await until(async () => {
      await cache.set('k', value);
      return (await cache.get('k')) !== undefined;
    });
  });
});

describe('a Redis', () => {
  test('that stops and restarts: misses in between, without an error or a queued command', async () => {
    const errors: unknown[] = [];
    const cache = cacheOf({ onError: (error) => errors.push(error) });
    await cache.set('k', VALUE);
    const reads = Array.from({ length: 100 }, () => cache.get('k'));
    await redis.kill();
    for (const found of await Promise.all(reads))
      expect([undefined, 1000]).toContain(found?.length);
    await until(() => !client.isReady);
    for (let index = 0; index < 1000; index++) {
      expect(await cache.get('k')).toBeUndefined();
      await cache.set('k', VALUE);
    }
    await until(() => errors.length > 0);
    redis = await startRedis(redis.port);
    await until(async () => {
      await cache.set('k', VALUE);
      return (await cache.get('k')) !== undefined;
    });
    // Values that were set while it was stopped were not queued.
    expect(await client.dbSize()).toBe(1);
  });

  test('that never existed: misses, and the process needs no listener of errors', async () => {
    const nowhere = connect('redis://127.0.0.1:1');
    const errors: unknown[] = [];
    const cache = redisCache({
      client: nowhere,
      pauseMs: 2 ** 31 - 1,
      onError: (error) => errors.push(error),
    });
    await until(() => errors.length > 0);
    expect(await cache.get('k')).toBeUndefined();
    await cache.set('k', VALUE);
    // Once for a pause, however often it is tried.
    expect(errors).toHaveLength(1);
  });

  test('that hangs: a miss each, and no command is sent above the maximum of pending ones', async () => {
    const cache = cacheOf({ timeoutMs: 100, pauseMs: 1, maxPending: 5 });
    await cache.set('k', VALUE);
    redis.signal('SIGSTOP');
    let answered = 0;
    for (let index = 0; index < 20; index++) {
      if ((await cache.get('k')) !== undefined) answered += 1;
      // Longer than the pause, so that each would be sent if it were for the pause alone.
      await sleep(5);
    }
    expect(answered).toBe(0);
    redis.signal('SIGCONT');
    await until(async () => (await cache.get('k')) !== undefined);
    // Of 20 commands, five were sent; the rest came after.
    const [, calls = ''] = /cmdstat_get:calls=(\d+)/.exec(await client.info('commandstats')) ?? [];
    expect(Number(calls)).toBeGreaterThanOrEqual(5);
    expect(Number(calls)).toBeLessThan(15);
  });

  test('that was too slow is not called for the pause', async () => {
    const errors: unknown[] = [];
    const cache = cacheOf({
      timeoutMs: 50,
      pauseMs: 2 ** 31 - 1,
      onError: (error) => errors.push(error),
    });
    redis.signal('SIGSTOP');
    expect(await cache.get('k')).toBeUndefined();
    redis.signal('SIGCONT');
    for (let index = 0; index < 100; index++) expect(await cache.get('k')).toBeUndefined();
    expect(errors.map(String)).toEqual(['Error: Redis gave no answer within 50 ms']);
  });

  test('that is full rejects every write: responses are read, none is stored, no request fails', async () => {
    const errors: unknown[] = [];
    const cache = cacheOf({ onError: (error) => errors.push(error) });
    await cache.set('k', VALUE);
    await client.configSet({ maxmemory: '1', 'maxmemory-policy': 'noeviction' });
    await cache.set('l', VALUE);
    expect(String(errors[0])).toContain('OOM');
    await until(async () => (await cache.get('k')) !== undefined);
    expect(await cache.get('l')).toBeUndefined();
  });

  test('is something else that babbles: a miss', async () => {
    const babbler: Server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    }).listen(0, '127.0.0.1');
    await once(babbler, 'listening');
    const address = babbler.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const errors: unknown[] = [];
    const cache: CacheStore = redisCache({
      client: connect(`redis://127.0.0.1:${port ?? 0}`),
      timeoutMs: 50,
      onError: (error) => errors.push(error),
    });
    expect(await cache.get('k')).toBeUndefined();
    await until(() => errors.length > 0);
    expect(await cache.get('k')).toBeUndefined();
    babbler.close();
  });
});

test.each([{ timeoutMs: 0 }, { ttlMs: NaN }, { maxPending: 2 ** 31 }])(
  'refuses the options %j',
  (options) => {
    expect(() => cacheOf(options)).toThrow(ServingError);
  },
);
