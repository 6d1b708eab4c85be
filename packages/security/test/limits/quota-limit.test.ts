import { describe, expect, test } from 'vitest';
import {
  apiKeys,
  ApiKeySet,
  chain,
  createApiKey,
  getIdentity,
  MemoryCounts,
  quotaLimit,
  rateLimit,
  type ChainStep,
  type QuotaLimitOptions,
  type Quotas,
  type SharedCounts,
} from '../../src/index.ts';
import { keySet, pepper } from '../support/keys.ts';
import { listen } from '../support/listen.ts';

const ok: ChainStep = (_req, res) => {
  res.end('ok');
};
const NOON = Date.UTC(2027, 1, 15, 12);
const client = { address: '192.0.2.1' };

function start(options: Partial<QuotaLimitOptions> & { readonly quotas: Quotas }) {
  const clock = { now: NOON };
  const refused: string[] = [];
  const counts = options.counts ?? new MemoryCounts(() => clock.now);
  const onRefused = (policy: string): void => void refused.push(policy);
  return { clock, refused, quota: quotaLimit({ counts, onRefused, ...options }) };
}

const failure = async (call: () => void | Promise<void>): Promise<unknown> => {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('quotas of requests', () => {
  test('refuse with 429, the time to the end of the day, and both policies in the headers', async () => {
    const { quota, refused } = start({ quotas: { requestsPerDay: 2, requestsPerMonth: 100 } });
    const { url } = await listen(chain(rateLimit({ windowMs: 60_000, limit: 9 }), quota, ok));
    const first = await fetch(url);
    expect(first.headers.get('ratelimit')).toBe(
      '"default";r=8;t=60, "requests-per-day";r=1;t=43200, "requests-per-month";r=99;t=1166400',
    );
    expect(first.headers.get('ratelimit-policy')).toBe(
      '"default";q=9;w=60, "requests-per-day";q=2;w=86400, "requests-per-month";q=100',
    );
    await fetch(url);
    const third = await fetch(url);
    expect(third.status).toBe(429);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(43_190);
    expect(third.headers.get('ratelimit')).toMatch(/"requests-per-day";r=0;t=\d+/);
    expect(await third.json()).toMatchObject({
      code: 'ERR_SECURITY_QUOTA',
      detail: expect.stringMatching(/^The quota of 2 requests in a day has 0 left/) as string,
    });
    expect(refused).toEqual(['requests-per-day']);
  });

  test('of a key replace the general ones, and count for both keys of its client', async () => {
    const { keys, set } = keySet(
      { client: 'small', quotas: { requestsPerDay: 1 } },
      { client: 'small', quotas: { requestsPerDay: 1 } },
      { client: 'other' },
    );
    const { quota } = start({ quotas: { requestsPerDay: 3 } });
    const { url } = await listen(chain(apiKeys({ keys: set }), quota, ok));
    const status = async (key = ''): Promise<number> =>
      (await fetch(url, { headers: { 'x-api-key': key } })).status;
    expect([await status(keys[0]), await status(keys[1])]).toEqual([200, 429]);
    expect([await status(keys[2]), await status(keys[2])]).toEqual([200, 200]);
  });

  test('none is counted without a quota, and none of skipped requests', async () => {
    const counts: SharedCounts = {
      take: () => {
        throw new Error('called');
      },
    };
    const { quota } = start({ counts, quotas: {} });
    await quota.count(client);
    await quota.charge(client, 1e9);
    const skipping = start({ counts, quotas: { requestsPerDay: 1 }, skip: () => true }).quota;
    const { url } = await listen(chain(skipping, ok));
    expect((await fetch(url)).status).toBe(200);
  });
});

describe('quotas of elements', () => {
  test('a request that is refused uses none of any quota', async () => {
    const { quota, refused } = start({ quotas: { elementsPerMinute: 100, elementsPerDay: 150 } });
    await quota.charge(client, 90);
    expect(await failure(() => quota.charge(client, 20))).toMatchObject({
      ...{ code: 'ERR_SECURITY_QUOTA', status: 429, headers: { 'Retry-After': '60' } },
      message: expect.stringContaining('100 elements in 60 s has 10 left') as string,
    });
    await quota.charge(client, 10);
    expect(refused).toEqual(['elements-per-minute']);
  });

  test('a client that has used all up is refused with its next request, without a call of the counts', async () => {
    const shared = new MemoryCounts(() => NOON);
    let takes = 0;
    const counts: SharedCounts = {
      take(request) {
        takes += 1;
        return shared.take(request);
      },
    };
    const { quota } = start({ counts, quotas: { elementsPerDay: 100 } });
    await quota.charge(client, 100);
    expect(takes).toBe(1);
    expect(await failure(() => quota.count(client))).toMatchObject({ code: 'ERR_SECURITY_QUOTA' });
    expect(await failure(() => quota.charge(client, 1))).toMatchObject({
      code: 'ERR_SECURITY_QUOTA',
    });
    await quota.count({ address: '192.0.2.2' });
    expect(takes).toBe(1);
  });

  test('a client that has used all up may send requests without elements, such as for the result of a job', async () => {
    const { quota } = start({
      quotas: { elementsPerDay: 10, requestsPerDay: 3 },
      hasElements: ({ method }) => method === 'POST',
    });
    const { url } = await listen(chain(quota, ok));
    await quota.charge({ address: '127.0.0.1' }, 10);
    expect((await fetch(url, { method: 'POST' })).status).toBe(429);
    // The refused request was given back to the quota of requests.
    const statuses = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await fetch(url)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    await quota.charge(client, 10);
    await quota.count(client, false);
    expect(await failure(() => quota.count(client))).toMatchObject({ status: 429 });
  });

  test('a request with more elements than the quota is a 413, and uses none', async () => {
    const { quota } = start({ quotas: { elementsPerDay: 1000, elementsPerMinute: 100 } });
    expect(await failure(() => quota.charge(client, 101))).toMatchObject({
      ...{ code: 'ERR_SECURITY_REQUEST_COST', status: 413 },
      message:
        'The request has 101 elements, more than the quota of 100 in 60 s. Send fewer rows in a request.',
    });
    await quota.charge(client, 100);
  });

  test('accepted work is counted over the quota, so that the next request is refused', async () => {
    const { quota } = start({ quotas: { elementsPerDay: 100 } });
    await quota.chargeAccepted(client, 5000);
    expect(await failure(() => quota.count(client))).toMatchObject({ code: 'ERR_SECURITY_QUOTA' });
  });

  test('a request without elements costs one', async () => {
    const { quota } = start({ quotas: { elementsPerDay: 1 } });
    await quota.charge(client, 0);
    expect(await failure(() => quota.charge(client, 0))).toMatchObject({ status: 429 });
  });
});

test('while the counts fail, requests get 503', async () => {
  const counts: SharedCounts = { take: () => Promise.reject(new Error('PLANTED')) };
  const { quota } = start({ counts, quotas: { requestsPerDay: 1, elementsPerDay: 5 } });
  const { url } = await listen(chain(quota, ok));
  const response = await fetch(url);
  expect(response.status).toBe(503);
  expect(await response.text()).not.toContain('PLANTED');
  expect(await failure(() => quota.charge(client, 1))).toMatchObject({ status: 503 });
});

test('a key with invalid quotas is refused, and one with valid quotas has them as identity', async () => {
  const create = (quotas: unknown) =>
    createApiKey({ pepper, client: 'a', scopes: ['infer:*'], quotas: quotas as Quotas });
  for (const [quotas, problem] of [
    [{ requestsPerDay: 0 }, 'a whole number'],
    [{ requestsPerDay: 1.5 }, 'a whole number'],
    [{ elementsPerDay: 1e16 }, 'a whole number'],
    [{ requestsPerHour: 5 }, 'unknown quota "requestsPerHour"'],
    [[5], 'expected an object'],
  ] as const) {
    expect(() => create(quotas)).toThrow(problem);
  }
  const quotas = { requestsPerMonth: 7 };
  const { key, record } = create(quotas);
  const keys = new ApiKeySet({ pepper, records: [record] });
  const { url } = await listen(
    chain(apiKeys({ keys }), (req, res) => res.end(JSON.stringify(getIdentity(req)?.quotas))),
  );
  const response = await fetch(url, { headers: { 'x-api-key': key } });
  expect(await response.json()).toEqual(quotas);
});

test('refuses wrong options at creation', () => {
  const counts = new MemoryCounts();
  expect(() => quotaLimit({ counts: {} as SharedCounts })).toThrow(/counts/);
  expect(() => quotaLimit({ counts, processes: 0 })).toThrow(/processes/);
  expect(() => quotaLimit({ counts, quotas: { elementsPerDay: -1 } })).toThrow(/quotas/);
});
