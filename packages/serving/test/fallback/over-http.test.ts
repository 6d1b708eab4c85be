import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  inferenceHandler,
  mlflowScoring,
  ModelServer,
  openInference,
  tensorFlowServing,
} from '@fairlead/serving';
import { affine, MemorySource } from '../memory-source.ts';
import { modelsOf, scriptedRuntime, type Script } from './scripted-runtime.ts';

const version = { signature: affine, runtime: { name: 'scripted' } };
const scripts: Record<'m' | 'absent' | 'lonely' | 'b', Script> = {
  m: {},
  absent: { unloadable: true },
  lonely: {},
  b: {},
};
const rows = [[1, 2]];
const v2 = { inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }] };

let models: ModelServer;
let server: Server;
beforeAll(async () => {
  models = new ModelServer({
    source: modelsOf({
      m: new MemorySource([version]),
      absent: new MemorySource([version]),
      lonely: new MemorySource([version]),
      b: new MemorySource([version]),
    }),
    runtimes: { scripted: scriptedRuntime(scripts) },
    circuitBreaker: { executions: 4, minExecutions: 4, retryAfterMs: 60_000 },
  });
  const fallback = { model: 'b' };
  await models.serve('b');
  await models.serve('m', { fallback });
  await models.serve('absent', { fallback });
  await models.serve('lonely');
  const protocols = [openInference(), tensorFlowServing(), mlflowScoring({ model: 'absent' })];
  server = createServer(inferenceHandler(models, { protocols })).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await models.close();
});

describe('an answer of a fallback says so in its headers', () => {
  test.each([
    ['/v2/models/absent/infer', v2],
    ['/v1/models/absent:predict', { instances: rows }],
    ['/invocations', { inputs: rows }],
  ])('%s', async (path, body) => {
    const response = await request(server).post(path).send(body).expect(200);
    expect(response.headers).toMatchObject({
      'fairlead-fallback': 'not-ready',
      'fairlead-model': 'b',
      'fairlead-version': '1',
    });
    expect(JSON.stringify(response.body)).toContain('2,4');
  });

  test('bytes as they are', async () => {
    const response = await request(server)
      .post('/v2/models/absent/infer')
      .set('inference-header-content-length', '0')
      .set('content-type', 'application/octet-stream')
      .send(Buffer.from(new Float32Array([1, 2]).buffer))
      .expect(200);
    expect(response.headers).toMatchObject({ 'fairlead-fallback': 'not-ready' });
  });

  test('and one of the model itself does not', async () => {
    const own = await request(server).post('/v2/models/m/infer').send(v2).expect(200);
    expect(own.headers).not.toHaveProperty('fairlead-fallback');
    scripts.m.fault = 'ERR_SERVING_UPSTREAM_FAILED';
    const other = await request(server).post('/v2/models/m/infer').send(v2).expect(200);
    expect(other.headers).toMatchObject({ 'fairlead-fallback': 'failed', 'fairlead-model': 'b' });
    scripts.m.fault = undefined;
    const stats = await request(server).get('/v2/models/m/stats').expect(200);
    expect(stats.body).toMatchObject({
      model_stats: [{ inference_stats: { fallback: { count: 1 }, fail: { count: 0 } } }],
    });
  });
});

test('what is said of the model itself stays true', async () => {
  await request(server).get('/v2/models/absent/ready').expect(503);
  await request(server).get('/v2/models/absent').expect(503);
  await request(server).get('/v2/health/ready').expect(503);
  await request(server).post('/v2/models/absent/versions/1/infer').send(v2).expect(503);
});

test('an open circuit without a fallback is 503 with Retry-After', async () => {
  scripts.lonely.fault = 'ERR_SERVING_RUN_FAILED';
  for (let index = 0; index < 4; index++) {
    await request(server).post('/v2/models/lonely/infer').send(v2).expect(500);
  }
  const refused = await request(server).post('/v2/models/lonely/infer').send(v2).expect(503);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(20);
  expect((refused.body as { error: string }).error).toContain('failed too often');
});
