import type { PushRequest } from '@fairlead/registry';
import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import {
  freePort,
  type HttpAddress,
  type HttpResponse,
  startRedis,
  temporaryFolder,
  until,
} from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { onnxVersion, sampleRegistry, upstreamVersion } from './support/sample-registry.ts';
import { sendSlow, slowBody } from './support/slow-requests.ts';
import { startGateway } from './support/start-gateway.ts';
import { startUpstream } from './support/upstream-process.ts';

/** Begins a POST, and returns it with the status of its response. */
function startPost(
  address: HttpAddress,
  path: string,
  body: unknown,
): readonly [ClientRequest, Promise<number>] {
  const sent = request({ ...address, path, method: 'POST' });
  const status = once(sent, 'response').then(([response]: IncomingMessage[]) => {
    response?.resume();
    return response?.statusCode ?? 0;
  });
  sent.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  return [sent, status];
}

async function start(pushes: readonly PushRequest[], variables: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  await sampleRegistry(folder, ...pushes);
  const { address, call, gateway, logged, logs } = await startGateway({
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_RATE_LIMIT: '1000000000',
    ...variables,
  });
  const infer = (model: string, x: number) =>
    call(`/v2/models/${model}/infer`, {
      body: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [x, x] }] },
    });
  const post = (model: string, body: unknown, headers?: Readonly<Record<string, string>>) =>
    call(`/v2/models/${model}/infer`, { body, ...(headers && { headers }) });
  const get = (path: string) => call(path);
  /** Returns the sum of a metric. */
  const metric = async (name: string, labels = '') => {
    const { body } = await get('/metrics');
    return body
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  return { address, gateway, logged, logs, infer, post, get, metric };
}

/** Sends requests from several clients without a pause until it is stopped, and checks each response. */
function load(infer: (x: number) => Promise<HttpResponse>) {
  let going = true;
  let answered = 0;
  const wrong: string[] = [];
  const client = async (offset: number): Promise<void> => {
    for (let round = 0; going; round++) {
      const x = (offset + round) % 16;
      const { status, body } = await infer(x).catch((error: unknown) => ({
        status: 0,
        body: String(error),
      }));
      answered += 1;
      if (status !== 200 || !body.includes(`[${2 * x + 1},${2 * x + 1}]`)) {
        wrong.push(`${status}: ${body}`);
      }
    }
  };
  const clients = [0, 3, 6, 9].map(client);
  return {
    /** Waits until `count` more requests are answered. */
    async more(count: number) {
      const enough = answered + count;
      await until(() => answered >= enough);
    },
    async stop() {
      going = false;
      await Promise.all(clients);
      return { answered, wrong };
    },
  };
}

test('Redis is killed and restarted under load: it answers before and after, and no request fails', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.kill());
  const { gateway, logs, infer, metric } = await start([onnxVersion('affine', 'affine')], {
    FAIRLEAD_REDIS_URL: redis.url,
    FAIRLEAD_CACHE_MODELS: 'affine',
  });
  const hits = () => metric('nv_cache_num_hits_per_model');
  const hitsAbove = (count: number) => until(async () => (await hits()) > count);
  const clients = load((x) => infer('affine', x));
  await hitsAbove(50);
  await redis.kill();
  await clients.more(200);
  const before = await metric('nv_cache_num_misses_per_model');
  await clients.more(200);
  // Without Redis every request is computed, except for those that share a computation.
  expect(await metric('nv_cache_num_misses_per_model')).toBeGreaterThan(before);
  const revived = await startRedis(redis.port);
  onTestFinished(() => revived.kill());
  const missed = await hits();
  await hitsAbove(missed + 200);
  const { answered, wrong } = await clients.stop();
  expect(wrong).toEqual([]);
  const looked = (await hits()) + (await metric('nv_cache_num_misses_per_model'));
  expect(looked).toBe(answered);
  expect(await metric('nv_inference_request_success')).toBe(answered);
  // Errors are logged, but not for each request.
  const errors = logs.filter((line) => line.includes('"level":"error"'));
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.length).toBeLessThan(50);
  expect(await gateway.close()).toBe(true);
});

test('the process behind a model is killed under load: its fallback answers every request until it runs again', async () => {
  const port = await freePort();
  const original = await startUpstream(port);
  const { logged, infer, get, metric } = await start(
    [upstreamVersion('original'), onnxVersion('export', 'affine')],
    {
      FAIRLEAD_FLASK_ADDRESS: `127.0.0.1:${port}`,
      FAIRLEAD_FALLBACKS: 'original=export',
    },
  );
  const answeredBy = (model: string) =>
    until(async () => {
      const { headers } = await infer('original', 1);
      return headers['fairlead-model'] === model ? headers : undefined;
    });
  expect(await answeredBy('original')).not.toHaveProperty('fairlead-fallback');
  const clients = load((x) => infer('original', x));
  await clients.more(50);
  await original.kill();
  const headers = await answeredBy('export');
  expect(['failed', 'circuit-open']).toContain(headers['fairlead-fallback']);
  await logged('circuit-opened');
  await clients.more(200);
  // Readiness is that of the model itself.
  expect((await get('/v2/models/original/ready')).status).toBe(503);
  expect((await get('/v2/models/export/ready')).status).toBe(200);
  await startUpstream(port);
  await answeredBy('original');
  await logged('circuit-closed');
  const { wrong } = await clients.stop();
  expect(wrong).toEqual([]);

  const forwarded = await metric('fairlead_fallback_requests_total', 'model="original"');
  expect(forwarded).toBeGreaterThan(0);
  expect(await metric('nv_inference_request_success', 'model="export"')).toBe(forwarded);
  expect(await metric('nv_inference_request_failure')).toBe(0);
  expect(await metric('nv_inference_pending_request_count')).toBe(0);
});

test('the metrics add up to the requests: cached, invalid, failed, with fallback, canceled and rejected', async () => {
  const nowhere = await freePort();
  const [down, lonely] = [upstreamVersion('down'), upstreamVersion('lonely')];
  const pushes = [onnxVersion('affine', 'affine'), onnxVersion('slow', 'slow')];
  // Their upstream ends after they are loaded.
  const original = await startUpstream(nowhere);
  const { address, infer, post, get, metric } = await start([down, lonely, ...pushes], {
    FAIRLEAD_FLASK_ADDRESS: `127.0.0.1:${nowhere}`,
    FAIRLEAD_FALLBACKS: 'down=affine',
    FAIRLEAD_CACHE_BYTES: '1000000',
    FAIRLEAD_CACHE_MODELS: 'affine',
    FAIRLEAD_MAX_QUEUED: '1',
    FAIRLEAD_ONNX_WORKERS: '1',
  });
  await original.kill();
  const statuses: number[] = [];
  const all = async (sent: Promise<HttpResponse>[]): Promise<void> => {
    for (const { status } of await Promise.all(sent)) statuses.push(status);
  };
  const one = async (sent: Promise<HttpResponse>): Promise<void> => all([sent]);

  for (let index = 0; index < 40; index++) await one(infer('affine', index % 5));
  await all(Array.from({ length: 3 }, () => infer('affine', 77)));
  for (let index = 0; index < 30; index++) await one(infer('down', index % 7));
  for (let index = 0; index < 20; index++) await one(infer('lonely', index));
  for (let index = 0; index < 5; index++) {
    await one(post('affine', 'no JSON', { 'content-type': 'application/json' }));
    await one(post('affine', { inputs: [] }));
    await one(post('down', { inputs: [] }));
  }
  // A client that disconnects after its request arrived; it gets no status.
  const pending = () => metric('nv_inference_pending_request_count', 'model="slow"');
  const leaving: ClientRequest[] = [];
  const { answers, earlier } = await sendSlow(address, (times) => {
    const [sent, response] = startPost(address, '/v2/models/slow/infer', slowBody(times));
    leaving.push(sent);
    return response;
  });
  const left = expect(answers).rejects.toThrow('socket hang up');
  leaving.at(-1)?.destroy();
  await left;
  statuses.push(...earlier);
  await one(post('slow', slowBody(3000), { 'request-timeout': '0.05' }));
  await all(Array.from({ length: 8 }, () => post('slow', slowBody(300))));

  const of = (status: number) => statuses.filter((each) => each === status).length;
  const total = statuses.length + 1;
  expect(new Set(statuses)).toEqual(new Set([200, 400, 503, 504]));
  await until(async () => (await pending()) === 0);
  const success = await metric('nv_inference_request_success');
  const failure = (reason = '') => metric('nv_inference_request_failure', reason);
  expect(success).toBe(of(200));
  expect(success + (await failure())).toBe(total);
  expect(await failure('reason="OTHER"')).toBe(of(400));
  expect(await failure('reason="CANCELED"')).toBe(of(504) + 1);
  expect((await failure('reason="BACKEND"')) + (await failure('reason="REJECTED"'))).toBe(of(503));
  expect(await failure('reason="REJECTED"')).toBeGreaterThan(0);
  expect(await metric('fairlead_fallback_requests_total')).toBe(30);
  expect(await metric('fairlead_request_duration_seconds_count')).toBe(success);
  expect(await metric('http_requests_total', 'route="infer"')).toBe(total);
  const hits = await metric('nv_cache_num_hits_per_model');
  // 5 + 1 + 2 inputs of which each was computed once: "down" has two inputs that "affine" didn't have.
  expect(await metric('nv_cache_num_misses_per_model')).toBe(8);
  expect(hits).toBe(40 + 3 + 30 - 8);
  expect(await metric('nv_inference_count')).toBe(success - hits);

  const stats = JSON.parse((await get('/v2/models/stats')).body) as {
    readonly model_stats: readonly {
      readonly inference_count: number;
      readonly execution_count: number;
      readonly inference_stats: Readonly<Record<string, { readonly count: number }>>;
    }[];
  };
  const sum = (name: string) =>
    stats.model_stats.reduce(
      (each, { inference_stats }) => each + (inference_stats[name]?.count ?? 0),
      0,
    );
  expect([sum('success'), sum('fail')]).toEqual([success, total - success]);
  expect([sum('cache_hit'), sum('cache_miss'), sum('fallback')]).toEqual([hits, 8, 30]);
  expect(sum('compute_infer')).toBe(success - hits);
  const executions = stats.model_stats.reduce(
    (each, { execution_count: count }) => each + count,
    0,
  );
  expect(await metric('nv_inference_exec_count')).toBe(executions);
});
