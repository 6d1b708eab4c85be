import { startRedis, temporaryFolder, until, type RedisServer } from '@fairlead/test-support';
import type { CreateApiKeyOptions } from '@fairlead/security';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createClient } from 'redis';
import { grpcClient } from '../support/grpc-client.ts';
import { pepper, writeKeysFile } from '../support/keys-file.ts';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';
import { startGateway } from '../support/start-gateway.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.kill());

/** Starts gateways with the same keys file and an empty Redis. */
async function start<N extends string>(
  count: number,
  clients: Readonly<Record<N, Partial<CreateApiKeyOptions>>>,
  variables: Readonly<Record<string, string>> = {},
) {
  const client = createClient({ url: redis.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.flushAll();
  client.destroy();
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'));
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), clients);
  const gateways: Awaited<ReturnType<typeof startGateway>>[] = [];
  for (let index = 0; index < count; index += 1) {
    gateways.push(
      await startGateway({
        ...{ FAIRLEAD_REGISTRY: registry, FAIRLEAD_KEYS_FILE: keysFile, FAIRLEAD_PEPPER: pepper },
        // The machine of the tests may be slow.
        ...{ FAIRLEAD_LIMITS_REDIS_URL: redis.url, FAIRLEAD_LIMITS_TIMEOUT_MS: '5000' },
        ...variables,
      }),
    );
  }
  const headersOf = (name: N) => ({ 'x-api-key': keys[name] });
  return {
    ...{ gateways, keys },
    infer: (gateway: number, name: N, rows = 1) => {
      const data = Array<number>(rows * 2).fill(1);
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [rows, 2], data }];
      const request = { headers: headersOf(name), body: { inputs } };
      return call(gateways[gateway], '/v2/models/affine/infer', request);
    },
    get: (gateway: number, path: string, name?: N) =>
      call(gateways[gateway], path, name && { headers: headersOf(name) }),
  };
}

function call(
  gateway: Awaited<ReturnType<typeof startGateway>> | undefined,
  ...parameters: Parameters<Awaited<ReturnType<typeof startGateway>>['call']>
) {
  if (gateway === undefined) throw new Error('There is no such gateway.');
  return gateway.call(...parameters);
}

const user = { scopes: ['infer:*'] };

describe('two gateways with one Redis', () => {
  test('count the requests of a client together', async () => {
    const { infer } = await start(2, { small: { ...user, limit: 4 }, other: user });
    const statuses = [];
    for (let index = 0; index < 6; index += 1)
      statuses.push((await infer(index % 2, 'small')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
    expect((await infer(0, 'other')).status).toBe(200);
  });

  test('refuse a quota of requests with the time to its end, and show what is left', async () => {
    const quotas = { requestsPerDay: 2, requestsPerMonth: 100 };
    const { infer, get } = await start(2, {
      small: { ...user, quotas },
      scraper: { scopes: ['metrics'] },
    });
    const first = await infer(0, 'small');
    expect(first.headers.ratelimit).toMatch(
      /^"default";r=\d+;t=60, "requests-per-day";r=1;t=\d+, "requests-per-month";r=99;t=\d+$/,
    );
    expect((await infer(1, 'small')).status).toBe(200);
    const refused = await infer(0, 'small');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(86_400);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'ERR_SECURITY_QUOTA' });
    const { body } = await get(0, '/metrics', 'scraper');
    expect(body).toContain('fairlead_limit_refused_total{limit="requests-per-day"} 1\n');
    expect(body).toContain('fairlead_client_requests_total{client="small"} 1\n');
    expect(body).toContain('fairlead_client_elements_total{client="small"} 2\n');
  });

  test('count elements before a request is executed, and refuse the next one before its body is read', async () => {
    const { infer } = await start(
      2,
      { small: user, large: { ...user, quotas: { elementsPerDay: 1000 } } },
      { FAIRLEAD_LIMITS_ELEMENTS_PER_DAY: '20', FAIRLEAD_LIMITS_ELEMENTS_PER_MINUTE: '1000' },
    );
    expect((await infer(0, 'small', 8)).status).toBe(200);
    const over = await infer(1, 'small', 3);
    expect(over.status).toBe(429);
    expect(over.headers['fairlead-error']).toBe('ERR_SERVING_COST_LIMIT');
    expect(Number(over.headers['retry-after'])).toBeGreaterThan(0);
    expect((await infer(1, 'small', 2)).status).toBe(200);
    const tooMany = await infer(0, 'small', 11);
    expect(tooMany.status).toBe(413);
    expect(tooMany.headers['fairlead-error']).toBe('ERR_SERVING_COST_TOO_LARGE');
    expect((await infer(1, 'small')).status).toBe(429);
    const unread = await infer(1, 'small');
    expect(JSON.parse(unread.body)).toMatchObject({ code: 'ERR_SECURITY_QUOTA' });
    expect((await infer(0, 'large', 50)).status).toBe(200);
  });
});

describe('elements of one client', () => {
  test('are counted over gRPC and HTTP together', async () => {
    const socket = join(temporaryFolder(), 'grpc.sock');
    const { infer, keys } = await start(
      1,
      { small: user },
      {
        ...{ FAIRLEAD_GRPC_LISTEN: `unix:${socket}`, FAIRLEAD_LIMITS_ELEMENTS_PER_DAY: '10' },
        FAIRLEAD_LIMITS_REQUESTS_PER_DAY: '5',
      },
    );
    const send = grpcClient(`unix:${socket}`);
    const inferOver = (rows: number) => {
      const contents = { fp32Contents: Array<number>(rows * 2).fill(1) };
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [rows, 2], contents }];
      return send('ModelInfer', { modelName: 'affine', inputs }, { 'x-api-key': keys.small });
    };
    expect((await infer(0, 'small', 1)).status).toBe(200);
    await expect(inferOver(3)).resolves.toMatchObject({ modelName: 'affine' });
    await expect(inferOver(2)).rejects.toMatchObject({
      ...{ code: 8, details: expect.stringContaining('10 elements in a day has 2 left') as string },
    });
    await expect(inferOver(6)).rejects.toMatchObject({
      ...{ code: 3, details: expect.stringContaining('Send fewer rows') as string },
    });
    await expect(inferOver(1)).resolves.toBeDefined();
    // The sixth request; the elements are used up as well.
    await expect(inferOver(1)).rejects.toMatchObject({
      ...{ code: 8, details: expect.stringContaining('The quota of') as string },
    });
  });

  test('of a job are counted when it runs, over the quota, by the quotas of the key of its owner', async () => {
    const { infer, gateways, keys } = await start(
      1,
      { small: { ...user, quotas: { elementsPerDay: 10 } } },
      { FAIRLEAD_JOBS_FOLDER: temporaryFolder() },
    );
    const headers = { 'x-api-key': keys.small, prefer: 'respond-async' };
    const data = Array<number>(16).fill(1);
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [8, 2], data }];
    const accepted = await call(gateways[0], '/v2/models/affine/infer', {
      headers,
      body: { inputs },
    });
    expect(accepted.status).toBe(202);
    const { location = '' } = accepted.headers;
    await until(async () => {
      const { status } = await call(gateways[0], `${location}/result`, {
        headers: { 'x-api-key': keys.small },
      });
      return status === 200;
    });
    expect((await infer(0, 'small')).status).toBe(429);
    // A client that has used all up may still read what it has.
    const state = await call(gateways[0], location, {
      headers: { 'x-api-key': keys.small },
    });
    expect(state.status).toBe(200);
  });
});

describe('while Redis is unavailable', () => {
  test.each(['local', 'refuse'])(
    '"%s" is what readiness, log and metric say, until it is back',
    async (mode) => {
      const { gateways, infer, get } = await start(
        1,
        { small: { ...user, limit: 3 }, scraper: { scopes: ['metrics'] } },
        { FAIRLEAD_LIMITS_ON_FAILURE: mode, FAIRLEAD_LIMITS_REQUESTS_PER_MONTH: '1000' },
      );
      const warnings = async (): Promise<readonly string[]> => {
        const { status, body } = await get(0, '/v2/health/ready');
        expect(status).toBe(200);
        return (JSON.parse(body === '' ? '{}' : body) as { warnings?: string[] }).warnings ?? [];
      };
      expect((await infer(0, 'small')).status).toBe(200);
      expect(await warnings()).toEqual([]);
      await redis.kill();
      onTestFinished(async () => {
        if ((await warnings()).length > 0) redis = await startRedis(redis.port);
      });
      await until(async () => (await warnings()).length > 0);
      const [warning = ''] = await warnings();
      expect(warning).toContain(
        mode === 'local'
          ? 'each host limits the requests'
          : 'requests that have to be counted are refused',
      );
      expect(warning).not.toContain('127.0.0.1');
      const line = await gateways[0]?.logged('store of shared limits unavailable');
      expect(line).toMatchObject({ level: 'error', onFailure: mode });
      const statuses = [];
      for (let index = 0; index < 5; index += 1) statuses.push((await infer(0, 'small')).status);
      const refused = Array<number>(5).fill(503);
      expect(statuses).toEqual(mode === 'local' ? [200, 200, 200, 429, 429] : refused);

      redis = await startRedis(redis.port);
      await until(async () => (await warnings()).length === 0);
      await gateways[0]?.logged('store of shared limits available again');
      const { body } = await get(0, '/metrics', 'scraper');
      expect(body).toContain('fairlead_limits_store_unavailable_seconds 0\n');
      if (mode === 'refuse') expect((await infer(0, 'small')).status).toBe(200);
    },
  );
});
