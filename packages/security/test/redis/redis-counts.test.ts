import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis, until, type RedisServer } from '@fairlead/test-support';
import { createClient } from 'redis';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  expectTypeOf,
  onTestFinished,
  test,
} from 'vitest';
import { LeasedCounts, MemoryCounts, type SharedCounts } from '@fairlead/security';
import {
  RedisCounts,
  type RedisCountsClient,
  type RedisCountsOptions,
} from '@fairlead/security/redis';
import { TAKE_SCRIPT } from '../../src/redis/take-script.ts';

const clientOf = (url: string) =>
  createClient({
    url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: 20, connectTimeout: 2000 },
  });
type Client = ReturnType<typeof clientOf>;

let redis: RedisServer;
let client: Client;
let ends: (() => void)[];

function connect(url: string): Client {
  const made = clientOf(url);
  made.on('error', () => undefined);
  ends.push(() => {
    made.destroy();
  });
  made.connect().catch(() => undefined);
  return made;
}

function countsOf(options: Partial<RedisCountsOptions> = {}): RedisCounts {
  // Generous: the machine may be slow, Redis isn't.
  const counts = new RedisCounts({ client, timeoutMs: 5000, retryMs: 20, ...options });
  ends.push(() => {
    counts.close();
  });
  return counts;
}

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.kill());
beforeEach(async () => {
  ends = [];
  client = connect(redis.url);
  await until(() => client.isReady);
  await client.flushAll();
  await client.scriptFlush();
});
afterEach(() => {
  for (const end of ends.reverse()) end();
});

const CLIENT = { limiter: 'requests', key: 'client:acme', period: 60_000, limit: 100 };
/** The count of the client in Redis. */
const KEY = 'fairlead:limits:{client%3Aacme}:requests';
const one = { ...CLIENT, need: 1, wanted: 1 };

describe('counts in Redis', () => {
  test('are shared by clients of Redis, with different limits, and end with their period', async () => {
    const first = countsOf();
    const second = countsOf({ client: connect(redis.url) });
    await until(async () => (await second.take({ ...one, key: 'x' })).taken === 1);
    expect(await first.take({ ...CLIENT, need: 1, wanted: 10 })).toEqual({
      ...{ before: 0, taken: 10, resetInMs: 60_000 },
    });
    const other = await second.take({ ...one, limit: 5000, wanted: 1000 });
    expect(other).toMatchObject({ before: 10, taken: 1000 });
    expect(other.resetInMs).toBeLessThanOrEqual(60_000);
    expect(await first.take(one)).toMatchObject({ before: 1010, taken: 0 });
    const brief = { ...one, key: 'client:brief', period: 30, limit: 1 };
    expect(await first.take(brief)).toMatchObject({ taken: 1 });
    await until(async () => (await first.take(brief)).taken === 1);
  });

  test('grant less and less near the limit, and nothing if less than needed is left', async () => {
    const counts = countsOf();
    expect(await counts.take({ ...CLIENT, need: 1, wanted: 90 })).toMatchObject({ taken: 25 });
    expect(await counts.take({ ...CLIENT, need: 70, wanted: 90 })).toMatchObject({ taken: 70 });
    expect(await counts.take({ ...CLIENT, need: 6, wanted: 6 })).toMatchObject({
      before: 95,
      taken: 0,
    });
    expect(await counts.take({ ...CLIENT, need: 5, wanted: 90 })).toMatchObject({ taken: 5 });
    expect(await counts.take(one)).toMatchObject({ before: 100, taken: 0 });
  });

  test('hold amounts up to a quadrillion exactly', async () => {
    const counts = countsOf();
    const limit = 1e15;
    const huge = { ...CLIENT, limit, need: limit - 1, wanted: limit - 1 };
    expect(await counts.take(huge)).toMatchObject({ taken: limit - 1 });
    expect(await counts.take({ ...one, limit })).toMatchObject({ before: limit - 1, taken: 1 });
    expect(await counts.take({ ...one, limit })).toMatchObject({ before: limit, taken: 0 });
  });

  test('have names that no client decides on', async () => {
    const counts = countsOf();
    const names = ['a}b{c', 'a:requests', 'é\n\ud800', 'x'.repeat(5000), '', ' * '];
    for (const name of names) await counts.take({ ...one, key: `address:${name}` });
    const keys = (await client.keys('*')).sort();
    expect(keys).toHaveLength(names.length);
    for (const key of keys) expect(key).toMatch(/^fairlead:limits:\{[\w%.:*-]{1,120}\}:requests$/);
    expect(await counts.take({ ...one, key: 'address:a}b{c' })).toMatchObject({ before: 1 });
  });

  test('are stored until the end of the day or month, by the clock of Redis', async () => {
    const counts = countsOf();
    const now = Number((await client.time())[0]) * 1000;
    await counts.take({ ...one, limiter: 'day', period: 'day' });
    await counts.take({ ...one, limiter: 'month', period: 'month' });
    const endOf = (limiter: string) =>
      client.pExpireTime(`fairlead:limits:{client%3Aacme}:${limiter}`);
    const date = new Date(now);
    const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1);
    expect(Math.abs((await endOf('day')) - day)).toBeLessThan(1000);
    const month = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
    expect(Math.abs((await endOf('month')) - month)).toBeLessThan(1000);
  });

  test('a script of another time than that of Redis computes every month of four centuries', async () => {
    const script = TAKE_SCRIPT.replace("redis.call('TIME')", "{ARGV[7], '0'}");
    expect(script).not.toBe(TAKE_SCRIPT);
    const month = { limit: '9', need: '1', wanted: '1', add: '0', part: '4' };
    const wrong: string[] = [];
    const dates: number[] = [];
    for (let index = 0; index < 12 * 400; index += 1) {
      const first = Date.UTC(2000, index);
      dates.push(first, first + 86_399_000, Date.UTC(2000, index + 1) - 1000);
    }
    await Promise.all(
      dates.map(async (date, index) => {
        const args = ['month', ...Object.values(month), String(date / 1000)];
        const reply = await client.eval(script, { keys: [`m${index}`], arguments: args });
        const ttl = Number((reply as number[])[2]);
        const at = new Date(date);
        const end = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1);
        if (date + ttl !== end) wrong.push(at.toISOString());
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('survive a process, and a Redis that has forgotten the script', async () => {
    await countsOf().take({ ...one, period: 'month' });
    await client.scriptFlush();
    expect(await countsOf().take({ ...one, period: 'month' })).toMatchObject({ before: 1 });
  });
});

describe('an unavailable Redis', () => {
  test.each(['stops', 'hangs', 'is full', 'loses its connections'])(
    'that %s: counted by the fallback without a call of Redis, added to Redis once it is back',
    async (how) => {
      const errors: unknown[] = [];
      let recoveries = 0;
      const counts = countsOf({
        fallback: new MemoryCounts(),
        timeoutMs: how === 'hangs' ? 200 : 5000,
        onError: (error) => errors.push(error),
        onRecovery: () => (recoveries += 1),
      });
      await counts.take({ ...CLIENT, need: 5, wanted: 5 });
      if (how === 'stops') await redis.kill();
      if (how === 'hangs') redis.signal('SIGSTOP');
      if (how === 'is full') {
        await client.configSet({ maxmemory: '1', 'maxmemory-policy': 'noeviction' });
      }
      if (how === 'loses its connections') {
        client.destroy();
        await until(() => errors.length > 0 || !client.isReady);
      }
      for (let index = 0; index < 30; index += 1) {
        expect(await counts.take(one)).toMatchObject({ before: index, taken: 1 });
      }
      expect(errors).toHaveLength(1);
      expect(counts.isAvailable).toBe(false);
      if (how === 'stops') redis = await startRedis(redis.port);
      if (how === 'hangs') redis.signal('SIGCONT');
      if (how === 'is full') await client.configSet({ maxmemory: '0' });
      if (how === 'loses its connections') await client.connect();
      await until(() => counts.isAvailable);
      expect(recoveries).toBe(1);
      // A Redis that was started again is empty; one that hung executes what was sent to it.
      const [{ before }, next] = await Promise.all([counts.take(one), counts.take(one)]);
      expect(before - (how === 'stops' ? 30 : 35)).toBe(how === 'hangs' ? 1 : 0);
      // Of calls at the same time, one adds the amount.
      expect(next).toMatchObject({ before: before + 1 });
    },
  );

  test('costs one request the timeout, and the others nothing', async () => {
    const counts = countsOf({ fallback: new MemoryCounts(), timeoutMs: 300, retryMs: 100 });
    await counts.take(one);
    redis.signal('SIGSTOP');
    const startedAt = performance.now();
    await counts.take(one);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(295);
    const times: number[] = [];
    for (let index = 0; index < 50; index += 1) {
      await sleep(10);
      const at = performance.now();
      await counts.take(one);
      times.push(performance.now() - at);
    }
    redis.signal('SIGCONT');
    expect(times.sort((a, b) => a - b)[25]).toBeLessThan(5);
    expect(times.filter((time) => time > 150)).toEqual([]);
  });

  test('rejects without a fallback, with the reason as its cause', async () => {
    const counts = countsOf({ client: connect('redis://127.0.0.1:1') });
    await expect(counts.take(one)).rejects.toThrow(
      'Redis, which counts the requests, is unavailable',
    );
    const store = new LeasedCounts({ limiter: 'requests', counts });
    await expect(store.use('client:acme', 10)).rejects.toMatchObject({
      cause: expect.any(Error) as Error,
    });
  });

  test('that refuses the password, or is no Redis at all, is unavailable', async () => {
    await client.configSet('requirepass', 'right');
    const wrong = connect(`redis://:wrong@127.0.0.1:${redis.port}`);
    const errors: unknown[] = [];
    const counts = countsOf({ client: wrong, onError: (error) => errors.push(error) });
    await until(() => errors.length > 0);
    expect(String(errors[0])).toContain('WRONGPASS');
    expect(String(errors[0])).not.toContain('wrong@');
    await expect(counts.take(one)).rejects.toThrow('unavailable');
    await client.configSet('requirepass', '');
    await until(() => counts.isAvailable);

    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const others = countsOf({ client: connect(`redis://127.0.0.1:${port}`), timeoutMs: 50 });
    await expect(others.take(one)).rejects.toThrow('unavailable');
    server.close();
  });

  test.each([
    ['a list', () => client.rPush(KEY, 'a')],
    ['a text', () => client.set(KEY, 'hello')],
  ])('has %s in place of a count: the fallback counts', async (_what, spoil) => {
    const errors: unknown[] = [];
    const counts = countsOf({
      fallback: new MemoryCounts(),
      onError: (error) => errors.push(error),
    });
    await spoil();
    await client.expire(KEY, 60);
    expect(await counts.take(one)).toMatchObject({ before: 0, taken: 1 });
    expect(errors).toHaveLength(1);
  });

  test('that has become a replica is connected again until a primary answers', async () => {
    const primary = await startRedis();
    onTestFinished(() => primary.kill());
    const other = connect(primary.url);
    await until(() => other.isReady);
    let target = other;
    const changing: RedisCountsClient = {
      get isReady() {
        return target.isReady;
      },
      sendCommand: (args) => target.sendCommand([...args]),
      on: () => undefined,
    };
    let reconnects = 0;
    const counts = countsOf({
      client: changing,
      fallback: new MemoryCounts(),
      reconnect() {
        reconnects += 1;
        // The name points to the new primary a moment later.
        if (reconnects === 3) target = client;
      },
    });
    expect(await counts.take(one)).toMatchObject({ before: 0 });
    await other.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    expect(await counts.take(one)).toMatchObject({ before: 0 });
    expect(counts.isAvailable).toBe(false);
    await until(() => counts.isAvailable);
    expect(reconnects).toBe(3);
    expect(await counts.take(one)).toMatchObject({ before: 1 });
  });

  test('that answers with something else than counts is unavailable', async () => {
    for (const answer of [null, 'OK', [1, 2], [0, 'x', 1], [0, 1, -1], [1.5, 1, 1]]) {
      const fake: RedisCountsClient = {
        isReady: true,
        sendCommand: () => Promise.resolve(answer),
        on: () => undefined,
      };
      await expect(countsOf({ client: fake }).take(one)).rejects.toThrow('unavailable');
    }
  });
});

test('what several processes use of it is never more than the limit, and at most a hundredth less', async () => {
  const stores = Array.from(
    { length: 4 },
    () => new LeasedCounts({ limiter: 'elements', counts: countsOf(), processes: 4 }),
  );
  let sum = 0;
  const limit = 200_000;
  for (let batch = 0; batch < 30; batch += 1) {
    const amounts = Array.from({ length: 1000 }, (_, index) => 1 + ((index * 31 + batch) % 19));
    const uses = await Promise.all(
      amounts.map(async (amount, index) =>
        (await stores[index % 4]?.use('client:acme', limit, amount))?.isAllowed === true
          ? amount
          : 0,
      ),
    );
    sum += uses.reduce((total, amount) => total + amount, 0);
  }
  expect(sum).toBeLessThanOrEqual(limit);
  expect(sum).toBeGreaterThanOrEqual(limit * 0.99);
});

test('refuses wrong options at creation', () => {
  expectTypeOf<Client>().toExtend<RedisCountsClient>();
  for (const wrong of [
    { timeoutMs: 0 },
    { retryMs: Number.NaN },
    { keyPrefix: 'a{b' },
    { client: {} as RedisCountsClient },
    { fallback: {} as SharedCounts },
  ]) {
    expect(() => countsOf(wrong)).toThrow(`Option ${Object.keys(wrong)[0] ?? ''}`);
  }
});
