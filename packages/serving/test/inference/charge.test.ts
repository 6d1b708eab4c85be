import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  inferenceHandler,
  ModelServer,
  replayInference,
  type InferenceFinishedEvent,
  type RequestCost,
} from '@fairlead/serving';
import { modelsOf, scriptedRuntime, type Script } from '../fallback/scripted-runtime.ts';
import { affine, MemorySource } from '../memory-source.ts';

const version = { signature: affine, runtime: { name: 'scripted' } };
const bodyOf = (rows: number) => ({
  inputs: [{ name: 'x', shape: [rows, 2], datatype: 'FP32', data: Array(rows * 2).fill(1) }],
});

/** Error as those of `@fairlead/security` are. */
const refusal = (status: number, expose = true) =>
  Object.assign(new Error(`refused with ${status}`), {
    ...{ status, expose, headers: { 'Retry-After': '17' } },
  });

async function start(charge: (cost: RequestCost) => void | Promise<void>) {
  const scripts: Record<'m' | 'b', Script> = { m: {}, b: {} };
  const finished: InferenceFinishedEvent[] = [];
  const source = modelsOf({ m: new MemorySource([version]), b: new MemorySource([version]) });
  const models = new ModelServer({
    source,
    runtimes: { scripted: scriptedRuntime(scripts) },
    observer: {
      inferenceStarted: () => undefined,
      inferenceFinished: (event) => finished.push(event),
      executed: () => undefined,
    },
  });
  await models.serve('b');
  await models.serve('m', { fallback: { model: 'b' } });
  const errors: unknown[] = [];
  const handler = inferenceHandler(models, {
    charge: () => charge,
    onError: (error) => errors.push(error),
  });
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await models.close();
  });
  const { port } = server.address() as { port: number };
  const executionsAtStart = scripts.m.executions ?? 0;
  return {
    ...{ models, scripts, finished, errors },
    executions: () => (scripts.m.executions ?? 0) - executionsAtStart,
    infer: (body: unknown) =>
      fetch(`http://127.0.0.1:${port}/v2/models/m/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

describe('the charge of a request', () => {
  test.each(['at once', 'later'])(
    'has its rows and elements, and lets it pass %s',
    async (when) => {
      const costs: RequestCost[] = [];
      const { infer } = await start((cost) => {
        costs.push(cost);
        return when === 'later' ? sleep(20) : undefined;
      });
      expect((await infer(bodyOf(3))).status).toBe(200);
      expect((await infer(bodyOf(1))).status).toBe(200);
      expect(costs).toEqual([
        { rows: 3, elements: 6 },
        { rows: 1, elements: 2 },
      ]);
    },
  );

  test.each([
    [413, 413, 'ERR_SERVING_COST_TOO_LARGE', null],
    [429, 429, 'ERR_SERVING_COST_LIMIT', '17'],
    [503, 503, 'ERR_SERVING_LIMITS_UNAVAILABLE', '17'],
  ])(
    'that refuses with %i answers so, and nothing is executed',
    async (status, sent, code, retry) => {
      for (const refuse of [
        () => Promise.reject(refusal(status)),
        () => {
          throw refusal(status);
        },
      ]) {
        const { infer, executions, finished, errors } = await start(refuse);
        const response = await infer(bodyOf(1));
        expect(response.status).toBe(sent);
        expect(response.headers.get('fairlead-error')).toBe(code);
        expect(response.headers.get('retry-after')).toBe(retry);
        expect(await response.json()).toEqual({ error: `refused with ${status}` });
        expect(executions()).toBe(0);
        expect(errors).toEqual([]);
        expect(finished.at(-1)).toMatchObject({
          ...{ outcome: 'failure', code, reason: status === 503 ? 'REJECTED' : 'OTHER' },
        });
      }
    },
  );

  test('that fails otherwise is an internal error without its text', async () => {
    const { infer, errors } = await start(() => {
      throw refusal(429, false);
    });
    const response = await infer(bodyOf(1));
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ error: 'internal error' });
    expect(errors).toHaveLength(1);
  });

  test('is not made for a request that is invalid', async () => {
    let charges = 0;
    const { infer } = await start(() => void (charges += 1));
    expect((await infer({ inputs: [] })).status).toBe(400);
    expect(charges).toBe(0);
  });

  test('is made once where a fallback answers', async () => {
    let charges = 0;
    const { infer, scripts } = await start(() => void (charges += 1));
    scripts.m.fault = 'ERR_SERVING_UPSTREAM_UNREACHABLE';
    const response = await infer(bodyOf(1));
    expect(response.headers.get('fairlead-fallback')).toBe('failed');
    expect(charges).toBe(1);
  });

  test('of a job is that of its owner, when it runs', async () => {
    const { models } = await start(() => undefined);
    const costs: [string | undefined, RequestCost][] = [];
    const run = replayInference(models, {
      charge:
        ({ owner }) =>
        (cost) =>
          void costs.push([owner, cost]),
    });
    const request = {
      ...{ path: '/v2/models/m/infer', headers: { 'content-type': 'application/json' } },
      ...{ model: 'm', owner: 'acme' },
    };
    const body = Buffer.from(JSON.stringify(bodyOf(2)));
    const { response } = await run(request, body, new AbortController().signal);
    expect(response.status).toBe(200);
    expect(costs).toEqual([['acme', { rows: 2, elements: 4 }]]);
  });
});
