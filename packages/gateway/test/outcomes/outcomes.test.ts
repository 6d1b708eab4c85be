import { httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { describe, expect, test } from 'vitest';
import { begunTest, conversionPlan } from './begun-test.ts';
import { body, startFleet } from '../rollouts/start-fleet.ts';
import { pepper, writeKeysFile } from '../support/keys-file.ts';

const outcome = { model: 'affine', key: 'user-1', metric: 'conversion', value: 1 };

describe('an A/B test over HTTP', () => {
  test.each([
    ['promotes', { '1': 0.3, '2': 0.6 }, 'promoted', 2],
    ['rolls back', { '1': 0.6, '2': 0.3 }, 'rolled back', 1],
  ] as const)(
    '%s by outcomes that any of three gateways receives, some of them twice, while one is restarted',
    async (_, rates, result, champion) => {
      const { fleet, registry, log, start, send, convert, ended } = await begunTest(3);
      let user = 0;
      const sendUsers = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i += 1) {
          const version = await send(user);
          await convert(user, rates[version]);
          user += 1;
        }
      };
      await sendUsers(150);
      // Its counts aren't lost.
      const [stopped] = fleet.splice(1, 1);
      expect(await stopped?.gateway.close()).toBe(true);
      await sendUsers(50);
      fleet.push(await start());
      await until(async () => {
        await sendUsers(50);
        return user > 4000 || (await log.latest())?.status === 'ended';
      });
      const state = await ended();
      expect(state.result).toBe(result);
      expect(state.entries.at(-1)?.reason).toMatch(
        result === 'promoted' ? /^conversion: \+/ : /^conversion: −/,
      );
      expect((await registry.resolve('affine', 'champion')).version).toBe(champion);
    },
  );

  test('counts each user once although outcomes are sent four times, and only users who got an answer', async () => {
    const { fleet, post, send, reported } = await begunTest(2, [{ share: 0.5 }]);
    for (let user = 0; user < 20; user += 1) await send(user);
    const row = (user: number) => ({ ...outcome, key: `user-${user}` });
    const rows = Array.from({ length: 40 }, (_, user) => row(user));
    for (const gateway of [...fleet, ...fleet]) {
      const { status, body } = await post(gateway, { outcomes: rows });
      const { outcomes, counted, waiting } = body as Record<string, number>;
      // Users of the other gateway may be known already.
      expect([status, outcomes, (counted ?? 0) + (waiting ?? 0)]).toEqual([202, 40, 40]);
    }
    expect(await reported(20)).toBe(20);
    for (let user = 20; user < 25; user += 1) await send(user);
    expect(await reported(25)).toBe(25);
  });

  test('counts outcomes by the request id where requests have no other key', async () => {
    const { fleet, post, reported } = await begunTest(1, [{ share: 0.5 }]);
    const [gateway] = fleet;
    if (gateway === undefined) throw new Error('no gateway');
    const rows: object[] = [];
    for (let request = 0; request < 20; request += 1) {
      const { headers } = await gateway.call('/v2/models/affine/infer', { body });
      rows.push({ ...outcome, key: headers['x-request-id'] });
    }
    expect(await post(gateway, { outcomes: rows })).toMatchObject({ body: { counted: 20 } });
    expect(await reported(20)).toBe(20);
  });

  test('says which outcomes do not count and why, and counts them in the metrics', async () => {
    const { fleet, post, send, stop } = await begunTest(1);
    const [gateway] = fleet;
    if (gateway === undefined) throw new Error('no gateway');
    await send(1);
    const row = (change: object) => ({ ...outcome, ...change });
    const others = Array.from({ length: 15 }, (_, i) => row({ metric: `metric-${i}` }));
    const answer = await post(gateway, {
      outcomes: [
        ...[outcome, row({ metric: 'convresion' }), row({ metric: 'convresion' })],
        ...[row({ at: '2020-01-01T00:00:00Z' }), row({ key: 'user-later' }), ...others],
      ],
    });
    const known = 'the A/B test of affine has "conversion"';
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ outcomes: 20, counted: 1, waiting: 1 });
    const { uncounted } = answer.body as { readonly uncounted: readonly object[] };
    expect(uncounted).toHaveLength(12);
    expect(uncounted[0]).toEqual({
      ...{ model: 'affine', reason: 'unknown_metric', metric: 'convresion', outcomes: 2 },
      detail: `unknown metric "convresion": ${known}; did you mean "conversion"?`,
    });
    expect(uncounted.slice(-2)).toEqual([
      {
        ...{ model: 'affine', reason: 'unknown_metric', outcomes: 6 },
        detail: `further metrics that don't exist: ${known}`,
      },
      {
        ...{ model: 'affine', reason: 'before_start', outcomes: 1 },
        detail: 'their time is before the start of the A/B test of affine',
      },
    ]);
    await stop();
    expect(await post(gateway, { outcomes: [outcome] })).toEqual({
      status: 202,
      body: {
        ...{ outcomes: 1, counted: 0 },
        uncounted: [
          {
            ...{ model: 'affine', reason: 'no_test', outcomes: 1 },
            detail: 'no A/B test of affine is running',
          },
        ],
      },
    });
    const { body: metrics } = await gateway.call('/metrics');
    const lines = metrics
      .split('\n')
      .filter((line) => line.startsWith('fairlead_rollout_outcomes'));
    expect(lines).toEqual([
      // The outcome that waited is stored at the end of the test.
      'fairlead_rollout_outcomes_total{model="affine",result="counted"} 2',
      'fairlead_rollout_outcomes_total{model="affine",result="no_test"} 1',
      'fairlead_rollout_outcomes_total{model="affine",result="unknown_metric"} 17',
      'fairlead_rollout_outcomes_total{model="affine",result="before_start"} 1',
      'fairlead_rollout_outcomes_total{model="affine",result="unknown_user"} 0',
      'fairlead_rollout_outcomes_waiting{model="affine"} 0',
    ]);
  });

  test('refuses hostile bodies, and counts nothing of a request with an invalid outcome', async () => {
    const { fleet, post, send, verdict, flushed } = await begunTest(1);
    const [gateway] = fleet;
    if (gateway === undefined) throw new Error('no gateway');
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const [hostile, status, message] of [
      ['{', 400, 'the body must be JSON in UTF-8'],
      [deep, 400, 'an object with a list \\"outcomes\\"'],
      ['null', 400, 'an object with a list \\"outcomes\\"'],
      [[outcome], 400, 'an object with a list \\"outcomes\\"'],
      [{ outcomes: {} }, 400, 'outcomes: expected a list, found object'],
      [{ outcomes: [outcome], labels: [] }, 400, 'and nothing else'],
      [{ outcomes: [outcome, null] }, 400, 'outcomes[1]: expected an object, found null'],
      [{ outcomes: [{ ...outcome, metrics: 1 }] }, 400, 'did you mean \\"metric\\"?'],
      [{ outcomes: [{ ...outcome, request_id: 'a' }] }, 400, 'send the routing key as \\"key\\"'],
      ['{"outcomes":[{"__proto__":{"key":"a"}}]}', 400, 'unknown member \\"__proto__\\"'],
      [{ outcomes: [{ ...outcome, value: '1' }] }, 400, 'outcomes[0].value: expected a number'],
      [{ outcomes: [{ ...outcome, value: null }] }, 400, 'outcomes[0].value: expected a number'],
      [{ outcomes: [{ ...outcome, value: 2 }] }, 400, 'outcomes[0].value: expected 0 or 1'],
      [
        '{"outcomes":[{"model":"affine","key":"a","metric":"m","value":1e999}]}',
        400,
        'outcomes[0].value: expected a number from -1e12 to 1e12, found Infinity',
      ],
      [{ outcomes: [{ ...outcome, key: '' }] }, 400, 'outcomes[0].key: expected a text of 1 to'],
      [{ outcomes: [{ ...outcome, key: 7 }] }, 400, 'outcomes[0].key: expected a text'],
      [{ outcomes: [{ ...outcome, key: 'x'.repeat(1025) }] }, 400, 'outcomes[0].key: expected'],
      [{ outcomes: [{ ...outcome, metric: undefined }] }, 400, 'outcomes[0].metric: expected'],
      [{ outcomes: [{ ...outcome, model: ['affine'] }] }, 400, 'outcomes[0].model: expected'],
      [{ outcomes: [{ ...outcome, at: 'today' }] }, 400, 'outcomes[0].at: expected'],
      [{ outcomes: [{ ...outcome, at: -1 }] }, 400, 'outcomes[0].at: expected a time'],
      [{ outcomes: [{ ...outcome, at: 8e15 }] }, 400, 'outcomes[0].at: expected a time of at most'],
      [{ outcomes: [{ ...outcome, at: 1.5 }] }, 400, 'outcomes[0].at: expected a time'],
      [{ outcomes: Array.from({ length: 10_001 }, () => outcome) }, 413, 'has 10001 outcomes'],
      [{ outcomes: [{ ...outcome, key: 'x'.repeat(2 ** 20) }] }, 413, 'larger than 1048576 bytes'],
    ] as const) {
      const answer = await gateway.call('/v2/outcomes', {
        body: hostile,
        headers: { 'content-type': 'application/json' },
      });
      expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(message)]);
      expect(answer.body).toContain('ERR_GATEWAY_OUTCOMES_INVALID');
    }
    for (const headers of [
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    ]) {
      const answer = await gateway.call('/v2/outcomes', { body: { outcomes: [outcome] }, headers });
      expect(answer.status).toBe(415);
    }
    expect(await post(gateway, { outcomes: [outcome, { ...outcome, value: 2 }] })).toMatchObject({
      status: 400,
    });
    const other = { ...outcome, model: 'other' };
    expect(await post(gateway, { outcomes: [outcome, other] })).toMatchObject({
      status: 404,
      body: { code: 'ERR_GATEWAY_OUTCOMES_MODEL_NOT_FOUND' },
    });
    await send(1);
    await flushed(1);
    const [conversion] = (await verdict()).outcomes ?? [];
    expect(conversion?.users).not.toEqual({ candidate: 0, baseline: 0 });
    expect(conversion?.reported).toEqual({ candidate: 0, baseline: 0 });
    expect(await post(gateway, { outcomes: [] })).toEqual({
      status: 202,
      body: { outcomes: 0, counted: 0 },
    });
    expect((await gateway.call('/v2/outcomes')).status).toBe(404);
  });

  test('needs a key with the scope of every model of the request, and is in the OpenAPI document', async () => {
    const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
      mine: { scopes: ['infer:affine'] },
      other: { scopes: ['infer:other', 'metrics'] },
    });
    const { fleet, begin } = await startFleet({
      variables: { FAIRLEAD_KEYS_FILE: keysFile, FAIRLEAD_PEPPER: pepper },
    });
    await begin(conversionPlan);
    const [gateway] = fleet;
    if (gateway === undefined) throw new Error('no gateway');
    const post = async (key: string | undefined, outcomes: readonly object[]) => {
      const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
      const { status, body } = await httpCall(gateway.address, '/v2/outcomes', {
        body: { outcomes },
        headers,
      });
      return { status, body };
    };
    expect((await post(undefined, [outcome])).status).toBe(401);
    const forbidden = await post(keys.other, [outcome]);
    expect([forbidden.status, forbidden.body]).toEqual([
      403,
      expect.stringContaining('ERR_SECURITY_SCOPE'),
    ]);
    // The response is the same for a model that doesn't exist: a client can't find out which models there are.
    const both = [outcome, { ...outcome, model: 'other' }];
    expect((await post(keys.mine, both)).status).toBe(403);
    await until(async () => (await post(keys.mine, [outcome])).body.includes('"waiting":1'));
    const headers = { authorization: `Bearer ${keys.mine}` };
    const document = JSON.parse((await gateway.call('/openapi.json', { headers })).body) as {
      paths: Record<string, { post?: { operationId?: string } }>;
    };
    expect(document.paths['/v2/outcomes']?.post?.operationId).toBe('outcomes.add');
    expect(
      (await gateway.call('/metrics', { headers: { authorization: `Bearer ${keys.other}` } })).body,
    ).toContain('route="outcomes"');
  });

  test('has no route where rollouts are off', async () => {
    const { fleet } = await startFleet({ variables: { FAIRLEAD_ROLLOUTS: 'off' } });
    const answer = await fleet[0]?.call('/v2/outcomes', { body: { outcomes: [outcome] } });
    expect(answer?.status).toBe(404);
    expect((await fleet[0]?.call('/openapi.json'))?.body).not.toContain('/v2/outcomes');
  });

  test('accepts outcomes without a test, and counts none', async () => {
    const { fleet } = await startFleet();
    const answer = await fleet[0]?.call('/v2/outcomes', { body: { outcomes: [outcome] } });
    expect(answer?.status).toBe(202);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({
      ...{ outcomes: 1, counted: 0 },
      uncounted: [{ reason: 'no_test', detail: 'no A/B test of affine is running' }],
    });
  });
});
