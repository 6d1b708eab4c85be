import type { PushRequest } from '@fairlead/registry';
import { expect, test } from 'vitest';
import { ask, type Answer } from './support/ask.ts';
import { eventually } from './support/eventually.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { freePort, startRedis } from './support/redis-server.ts';
import { onnxModel, sampleRegistry } from './support/sample-registry.ts';
import { tempFolder } from './support/temp-folder.ts';
import { startUpstream } from './support/upstream-process.ts';

async function start(
  pushes: readonly PushRequest[],
  environment: Readonly<Record<string, string>>,
) {
  const folder = tempFolder();
  await sampleRegistry(folder, ...pushes);
  const socketPath = `${tempFolder()}/gateway.sock`;
  const gateway = startGatewayProcess({
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_LISTEN: `unix:${socketPath}`,
    FAIRLEAD_RATE_LIMIT: '1000000000',
    ...environment,
  });
  await gateway.logged('models loaded');
  const infer = (model: string, x: number) =>
    ask({ socketPath }, `/v2/models/${model}/infer`, {
      body: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [x, x] }] },
    });
  const get = (path: string) => ask({ socketPath }, path);
  /** The values of a metric, added up. */
  const metric = async (name: string, labels = '') => {
    const { body } = await get('/metrics');
    return body
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  return { gateway, infer, get, metric };
}

/** Asks from several clients without a pause until it is stopped; each answer must be right. */
function load(infer: (x: number) => Promise<Answer>) {
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
    /** Waits until as many more were answered. */
    async more(count: number) {
      const enough = answered + count;
      await eventually(() => (answered >= enough ? true : undefined));
    },
    async stop() {
      going = false;
      await Promise.all(clients);
      return { answered, wrong };
    },
  };
}

test('Redis is killed and comes back under load: answers from it before and after, and never an error', async () => {
  const redis = await startRedis();
  const { gateway, infer, metric } = await start([onnxModel('affine', 'affine')], {
    FAIRLEAD_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    FAIRLEAD_CACHE_MODELS: 'affine',
  });
  const hits = () => metric('nv_cache_num_hits_per_model');
  const hitsAbove = (count: number) =>
    eventually(async () => ((await hits()) > count ? true : undefined));
  const clients = load((x) => infer('affine', x));
  await hitsAbove(50);
  await redis.kill();
  await clients.more(200);
  const before = await metric('nv_cache_num_misses_per_model');
  await clients.more(200);
  // Without it everything is computed, but for what others are computing at that moment.
  expect(await metric('nv_cache_num_misses_per_model')).toBeGreaterThan(before);
  await startRedis(redis.port);
  const missed = await hits();
  await hitsAbove(missed + 200);
  const { answered, wrong } = await clients.stop();
  expect(wrong).toEqual([]);
  const looked = (await hits()) + (await metric('nv_cache_num_misses_per_model'));
  expect(looked).toBe(answered);
  expect(await metric('nv_inference_request_success')).toBe(answered);
  // Said, but not once for each request.
  const errors = gateway.output().match(/"level":"error"/g) ?? [];
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.length).toBeLessThan(50);
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toBe(0);
});

test('the process behind a model is killed under load: its fallback answers every request, until it is back', async () => {
  const port = await freePort();
  const original = await startUpstream(port);
  const { signature } = onnxModel('any', 'affine');
  const runtime = { name: 'upstream', options: { upstream: 'flask' } } as const;
  const proxied: PushRequest = { model: 'original', runtime, signature, files: {}, actor: 'test' };
  const { gateway, infer, get, metric } = await start([proxied, onnxModel('export', 'affine')], {
    FAIRLEAD_FLASK_ADDRESS: `127.0.0.1:${port}`,
    FAIRLEAD_FALLBACKS: 'original=export',
  });
  const answeredBy = (model: string) =>
    eventually(async () => {
      const { headers } = await infer('original', 1);
      return headers['fairlead-model'] === model ? headers : undefined;
    });
  expect(await answeredBy('original')).not.toHaveProperty('fairlead-fallback');
  const clients = load((x) => infer('original', x));
  await clients.more(50);
  await original.kill();
  const headers = await answeredBy('export');
  expect(['failed', 'circuit-open']).toContain(headers['fairlead-fallback']);
  await gateway.logged('circuit-opened');
  await clients.more(200);
  // Truthful: the model itself is away.
  expect((await get('/v2/models/original/ready')).status).toBe(503);
  expect((await get('/v2/models/export/ready')).status).toBe(200);
  await startUpstream(port);
  await answeredBy('original');
  await gateway.logged('circuit-closed');
  const { wrong } = await clients.stop();
  expect(wrong).toEqual([]);

  const passedOn = await metric('fairlead_fallback_requests_total', 'model="original"');
  expect(passedOn).toBeGreaterThan(0);
  expect(await metric('nv_inference_request_success', 'model="export"')).toBe(passedOn);
  expect(await metric('nv_inference_request_failure')).toBe(0);
  expect(await metric('nv_inference_pending_request_count')).toBe(0);
});
