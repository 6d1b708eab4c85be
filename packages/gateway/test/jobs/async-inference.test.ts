import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { until } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { JobRunner, type JobEvent, type JobQueue } from '@fairlead/jobs';
import { folderJobQueue, type FolderJobQueueOptions } from '@fairlead/jobs/folder';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import {
  inferenceHandler,
  jobHandler,
  inferenceTarget,
  ModelServer,
  openInference,
  replayInference,
  tensorFlowServing,
  type Protocol,
  type ModelSource,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { WebhookSender } from '@fairlead/webhooks';
import { onnxVersion } from '../support/sample-registry.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-async-'));
const registry = new ModelRegistry({
  store: folderStore(join(folder, 'registry'), { create: true }),
});
const source: ModelSource = {
  resolve: (...args) => registry.resolve(...args),
  follow: (model, alias, options) =>
    registry.follow(model, alias, { ...options, pollIntervalMs: 20 }),
  openVersion: (...args) => registry.openVersion(...args),
};
const point = (version: number) => registry.setAlias('m', 'champion', version, { actor: 'test' });
const models = new ModelServer({ source, runtimes: { onnx: onnxRuntime() } });
const protocols = [openInference(), tensorFlowServing()];
const events: JobEvent[] = [];
let queue: JobQueue;
let runner: JobRunner;
let server: Server;

const ownerOf = ({ headers }: IncomingMessage): string | undefined =>
  headers['x-client'] as string | undefined;

async function listen(jobs: JobQueue, maxBodyBytes = 10_000): Promise<Server> {
  const webhooks = new WebhookSender({
    destinations: ['https://hooks.example/fairlead'],
    secrets: [`whsec_${Buffer.alloc(32).toString('base64')}`],
  });
  const asJobs = jobHandler(models, {
    queue: jobs,
    protocols,
    maxBodyBytes,
    owner: ownerOf,
    webhooks,
  });
  const atOnce = inferenceHandler(models, { protocols });
  const listening = createServer((req, res) => {
    asJobs(req, res, () => {
      atOnce(req, res);
    });
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return listening;
}

beforeAll(async () => {
  await registry.push(onnxVersion('m', 'affine'));
  await point(1);
  await registry.push(onnxVersion('m', 'affine-next'));
  await models.serve('m');
  queue = await folderJobQueue(join(folder, 'shared'), { pollIntervalMs: 20 });
  const run = replayInference(models, { protocols });
  runner = new JobRunner({ queue, run, onEvent: (event) => events.push(event) });
  runner.start();
  server = await listen(queue);
});
afterAll(async () => {
  server.close();
  await runner.close();
  await models.close();
  rmSync(folder, { recursive: true });
});

interface JobBody {
  readonly id: string;
  readonly status: string;
  readonly version?: string;
  readonly url: string;
  readonly result_url: string;
  readonly reason?: string;
  readonly error?: string;
}

const tensor = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] };
const V2 = '/v2/models/m/infer';
const bodyOf = (response: request.Response): JobBody => response.body as JobBody;

function later(body: unknown = { inputs: [tensor] }, path = V2, to = server) {
  return request(to)
    .post(path)
    .set('prefer', 'respond-async')
    .set('content-type', 'application/json')
    .send(Buffer.isBuffer(body) ? body : JSON.stringify(body));
}

/** Waits until a job has ended, and returns it. */
async function ended({ url }: JobBody, client?: string): Promise<JobBody> {
  let last: JobBody | undefined;
  await until(async () => {
    const pending = request(server).get(url);
    const response = await (client === undefined ? pending : pending.set('x-client', client));
    expect(response.status).toBe(200);
    last = bodyOf(response);
    return !['queued', 'running'].includes(last.status);
  });
  if (last === undefined) throw new Error('no response');
  return last;
}

/** A server with a separate queue whose jobs don't run. */
async function idle(options: FolderJobQueueOptions = {}) {
  const place = mkdtempSync(join(folder, 'idle-'));
  const own = await folderJobQueue(place, { pollIntervalMs: 20, ...options });
  const listening = await listen(own);
  onTestFinished(() => {
    listening.close();
  });
  return { place, queue: own, server: listening };
}

describe('asynchronous inference', () => {
  test('accepts with the address of a job, which ends with the answer', async () => {
    const response = await later().expect(202);
    expect(response.headers).toMatchObject({
      'preference-applied': 'respond-async',
      location: bodyOf(response).url,
      'retry-after': '1',
      'cache-control': 'no-store',
      'content-type': 'application/json',
    });
    expect(bodyOf(response)).toMatchObject({ status: 'queued', model: 'm' });
    const job = await ended(bodyOf(response));
    expect(job).toMatchObject({ status: 'succeeded', version: '1', attempts: 1, model: 'm' });
    const result = await request(server).get(job.result_url).expect(200);
    expect(result.body).toMatchObject({ model_version: '1', outputs: [{ data: [3, 5] }] });
    const isReported = (event: JobEvent): boolean =>
      event.type === 'job-finished' && event.id === job.id && event.status === 200;
    await until(() => events.some(isReported));
  });

  test.each<[string, string, object | Buffer, Record<string, string>]>([
    ['JSON', V2, { id: '7', inputs: [tensor] }, {}],
    ['a version in the path', '/v2/models/m/versions/1/infer', { inputs: [tensor] }, {}],
    ['another protocol', '/v1/models/m:predict', { instances: [[1, 2]] }, {}],
    [
      'a priority and a timeout',
      V2,
      { inputs: [tensor], parameters: { priority: 1, timeout: 9e6 } },
      {},
    ],
    ['binary outputs', V2, { inputs: [tensor], parameters: { binary_data_output: true } }, {}],
    [
      'a raw tensor',
      V2,
      Buffer.from(Float32Array.of(1, 2).buffer),
      { 'content-type': 'application/octet-stream', 'inference-header-content-length': '0' },
    ],
    ['a wrong tensor', V2, { inputs: [{ ...tensor, name: 'wrong' }] }, {}],
  ])(
    'the result of %s is what the answer at once would have been',
    async (_name, path, body, headers) => {
      const text = Buffer.isBuffer(body) ? body : JSON.stringify(body);
      const atOnce = await request(server)
        .post(path)
        .set({ 'content-type': 'application/json', ...headers })
        .send(text)
        .buffer(true)
        .parse(rawBody);
      const job = await ended(bodyOf(await later(body, path).set(headers).expect(202)));
      expect(job.status).toBe(atOnce.status === 200 ? 'succeeded' : 'failed');
      const result = await request(server).get(job.result_url).buffer(true).parse(rawBody);
      expect(result.status).toBe(atOnce.status);
      expect(result.body).toEqual(atOnce.body);
      for (const name of [
        'content-type',
        'content-length',
        'inference-header-content-length',
        'fairlead-model',
        'fairlead-version',
        'fairlead-error',
      ]) {
        expect([name, result.headers[name]]).toEqual([name, atOnce.headers[name]]);
      }
    },
  );

  test.each<[string, string, object | Buffer]>([
    ['no JSON at all', V2, Buffer.from('{')],
    ['a wrong instance', '/v1/models/m:predict', { instances: [] }],
  ])('%s is refused at once as without Prefer', async (_name, path, body) => {
    const text = Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body);
    const atOnce = await request(server)
      .post(path)
      .set('content-type', 'application/json')
      .send(text);
    const large = await listen(queue, 16 * 1024 * 1024);
    onTestFinished(() => {
      large.close();
    });
    const refused = await later(Buffer.from(text), path, large).serialize(
      (sent: unknown) => sent as string,
    );
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect([refused.status, refused.body]).toEqual([atOnce.status, atOnce.body]);
  });

  test.each<[string, string, object | Buffer, Record<string, string>]>([
    ['JSON', V2, { id: '7', inputs: [tensor] }, {}],
    ['another protocol', '/v1/models/m:predict', { instances: [[1, 2]] }, {}],
    [
      'a raw tensor',
      V2,
      Buffer.from(Float32Array.of(1, 2).buffer),
      { 'content-type': 'application/octet-stream', 'inference-header-content-length': '0' },
    ],
  ])(
    'a body of %s is decoded once: what is stored and run holds its tensors',
    async (_name, path, body, headers) => {
      let decodings = 0;
      const watched = protocols.map((protocol): Protocol => ({
        ...protocol,
        route(url) {
          const route = protocol.route(url);
          if (route?.target === undefined) return route;
          return {
            ...route,
            open(headers) {
              const exchange = route.open(headers);
              const decode: typeof exchange.decode = (...args) => {
                decodings += 1;
                return exchange.decode(...args);
              };
              return { ...exchange, decode };
            },
          };
        },
      }));
      const { queue: own, place, server: waiting } = await idle();
      const pending = later(body, path, waiting).set(headers).set('idempotency-key', 'k');
      const job = bodyOf(await pending.expect(202));
      const record = readFileSync(join(place, 'jobs', job.id));
      expect(record.includes('[1,2]')).toBe(false);
      expect(record.includes(Buffer.from(Float32Array.of(1, 2).buffer))).toBe(true);
      const again = later(body, path, waiting).set(headers).set('idempotency-key', 'k');
      expect(bodyOf(await again.expect(202)).id).toBe(job.id);
      const run = replayInference(models, { protocols: watched });
      const running = new JobRunner({ queue: own, run });
      running.start();
      await until(async () => (await own.get(job.id))?.state === 'succeeded');
      await running.close();
      expect(decodings).toBe(0);
    },
  );

  test('a job that was stored with the body of its request runs', async () => {
    const { queue: own } = await idle();
    const { request: stored } = await own.enqueue({
      path: V2,
      headers: { 'content-type': 'application/json' },
      model: 'm',
      body: Buffer.from(JSON.stringify({ inputs: [tensor] })),
    });
    const running = new JobRunner({ queue: own, run: replayInference(models) });
    running.start();
    await until(async () => (await own.get(stored.id))?.state === 'succeeded');
    await running.close();
    expect(String((await own.outcome(stored.id))?.response?.body)).toContain('"data":[3,5]');
  });

  test('a job for a model that is not ready yet waits for it, and is decoded then where it must be', async () => {
    let isReadable = false;
    const lateSource: ModelSource = {
      ...source,
      openVersion: (...args) =>
        isReadable ? source.openVersion(...args) : Promise.reject(new Error('no such file')),
    };
    const late = new ModelServer({
      source: lateSource,
      runtimes: { onnx: onnxRuntime() },
    });
    onTestFinished(() => late.close());
    await late.serve('m');
    const { queue: own } = await idle();
    const jobs = jobHandler(late, { queue: own, protocols });
    const listening = createServer((req, res) => {
      jobs(req, res);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      listening.close();
    });
    const columns = { instances: [[1, 2]] };
    const accepted = [
      await later(columns, '/v1/models/m:predict', listening).expect(202),
      await later(undefined, V2, listening).expect(202),
    ].map(bodyOf);
    await later(Buffer.from('{'), V2, listening)
      .serialize((sent: unknown) => sent as string)
      .expect(400);
    const formats = await Promise.all(
      accepted.map(async ({ id }) => (await own.get(id))?.request.bodyFormat),
    );
    expect(formats).toEqual([undefined, 'decoded-2']);
    isReadable = true;
    await until(() => late.ready());
    const running = new JobRunner({ queue: own, run: replayInference(late, { protocols }) });
    running.start();
    for (const { id } of accepted)
      await until(async () => (await own.get(id))?.state === 'succeeded');
    await running.close();
  });

  test('a compressed body is stored as it was before', async () => {
    const zipped = gzipSync(JSON.stringify({ inputs: [tensor] }));
    const response = await later(zipped)
      .serialize((body: unknown) => body as string)
      .set('content-encoding', 'gzip')
      .expect(202);
    expect((await ended(bodyOf(response))).status).toBe('succeeded');
  });

  test.each([
    ['Prefer: wait=5, respond-async', 202],
    ['Prefer: Respond-Async; x=1', 202],
    ['Prefer: x="respond-async"', 200],
    ['Prefer: respond-asynchronously', 200],
    ['Prefer: return=minimal', 200],
  ])('%s is answered with %i', async (line, status) => {
    const [name = '', value = ''] = line.split(': ');
    const response = await later().set(name, value);
    expect(response.status).toBe(status);
    if (status === 202) await ended(bodyOf(response));
  });

  test.each<[string, () => request.Test, number, string]>([
    ['an unknown model', () => later({}, '/v2/models/x/infer'), 404, 'no model "x"'],
    ['an unknown version', () => later({}, '/v2/models/m/versions/9/infer'), 404, 'no version 9'],
    [
      'another media type',
      () => later().set('content-type', 'text/html'),
      415,
      'send application/json',
    ],
    ['a body too large', () => later(Buffer.alloc(10_001)), 413, '10000 bytes'],
    [
      'a webhook elsewhere',
      () => later().set('fairlead-webhook', 'https://x.example/'),
      400,
      'allowed destinations',
    ],
    ['no idempotency key', () => later().set('idempotency-key', ''), 400, '1 to 255'],
    [
      'a huge idempotency key',
      () => later().set('idempotency-key', 'k'.repeat(256)),
      400,
      '1 to 255',
    ],
  ])('%s is refused at once', async (_name, call, status, message) => {
    const response = await call();
    expect(response.status).toBe(status);
    expect(response.headers['fairlead-error']).toMatch(/^ERR_SERVING_/);
    expect(bodyOf(response).error).toContain(message);
  });

  test('a request that is not inference creates no job', async () => {
    await request(server).get('/v2/models/m').set('prefer', 'respond-async').expect(200);
    await request(server).get(V2).set('prefer', 'respond-async').expect(405);
    await request(server).post('/v2/health/live').set('prefer', 'respond-async').expect(405);
    await request(server).get('/v2/jobsx').expect(404);
  });

  test('a request with Prefer: respond-async has the inference target of any other; a job has none', () => {
    expect(inferenceTarget(protocols, { url: V2 })).toMatchObject({ model: 'm' });
    expect(inferenceTarget(protocols, { url: '/v2/jobs/models' })).toBeUndefined();
  });

  test('the version that is current when it runs answers', async () => {
    const { queue: own, server: waiting } = await idle();
    const job = bodyOf(await later(undefined, V2, waiting).expect(202));
    await point(2);
    await until(() => models.find({ model: 'm' }).label.version === '2');
    const own2 = new JobRunner({ queue: own, run: replayInference(models, { protocols }) });
    own2.start();
    await until(async () => (await own.get(job.id))?.state === 'succeeded');
    await own2.close();
    expect((await own.get(job.id))?.outcome?.version).toBe('2');
    await point(1);
    await until(() => models.find({ model: 'm' }).label.version === '1');
  });
});

describe('a job', () => {
  test('is found only by its client', async () => {
    const job = bodyOf(await later().set('x-client', 'ann').expect(202));
    for (const path of [job.url, job.result_url]) {
      expect(bodyOf(await request(server).get(path).expect(404)).error).toContain(
        "another client's",
      );
      await request(server).get(path).set('x-client', 'bob').expect(404);
    }
    await request(server).delete(job.url).set('x-client', 'bob').expect(404);
    expect((await ended(job, 'ann')).status).toBe('succeeded');
  });

  test('that waits has no result yet, and can be canceled', async () => {
    const { server: waiting } = await idle();
    const job = bodyOf(await later(undefined, V2, waiting).expect(202));
    const early = await request(waiting).get(job.result_url).expect(409);
    expect(early.headers['retry-after']).toBe('1');
    expect(early.headers['fairlead-error']).toBe('ERR_SERVING_JOB_NOT_FINISHED');
    expect(bodyOf(early).error).toContain('is queued');
    const canceled = await request(waiting).delete(job.url).expect(200);
    expect(bodyOf(canceled).status).toBe('canceled');
    await request(waiting).delete(job.url).expect(200);
    expect(bodyOf(await request(waiting).get(job.result_url).expect(410)).error).toContain(
      'canceled',
    );
  });

  test('that has ended is deleted with its result', async () => {
    const job = await ended(bodyOf(await later().expect(202)));
    const deleted = await request(server).delete(job.url).expect(204);
    expect(deleted.headers['cache-control']).toBe('no-store');
    for (const path of [job.url, job.result_url]) await request(server).get(path).expect(404);
    const again = await request(server).delete(job.url).expect(404);
    expect(again.headers['fairlead-error']).toBe('ERR_SERVING_JOB_NOT_FOUND');
  });

  test('is shown to no client that may not use its model any more', async () => {
    const denied = Object.assign(new Error('no scope'), { status: 403 });
    let allowed = true;
    const jobs = jobHandler(models, {
      queue,
      protocols,
      owner: ownerOf,
      authorize: (req, model) => {
        expect([req.headers['x-client'], model]).toEqual(['ann', 'm']);
        if (!allowed) throw denied;
      },
    });
    const guarded = createServer((req, res) => {
      jobs(req, res, (error) => {
        res.statusCode = error === denied ? 403 : 500;
        res.end();
      });
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      guarded.close();
    });
    const ann = { 'x-client': 'ann' };
    const job = await ended(
      bodyOf(await later(undefined, V2, guarded).set(ann).expect(202)),
      'ann',
    );
    await request(guarded).get(job.result_url).set(ann).expect(200);
    allowed = false;
    await request(guarded).get(job.url).set(ann).expect(403);
    await request(guarded).get(job.result_url).set(ann).expect(403);
    await request(guarded).delete(job.url).set(ann).expect(403);
    allowed = true;
    await request(guarded).get(job.result_url).set(ann).expect(200);
    // Without a next handler it is refused as well.
    const alone = jobHandler(models, {
      queue,
      owner: ownerOf,
      authorize: () => {
        throw denied;
      },
    });
    const refusing = createServer((req, res) => {
      alone(req, res);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      refusing.close();
    });
    await request(refusing).get(job.result_url).set(ann).expect(403);
  });

  test.each([
    ['GET', '/v2/jobs', 404],
    ['GET', '/v2/jobs/', 404],
    ['GET', '/v2/jobs/..%2f..', 404],
    ['GET', `/v2/jobs/${'a'.repeat(22)}`, 404],
    ['GET', `/v2/jobs/${'a'.repeat(22)}/result?x=1`, 404],
    ['GET', `/v2/jobs/${'a'.repeat(22)}/other`, 404],
    ['POST', `/v2/jobs/${'a'.repeat(22)}`, 405],
    ['DELETE', `/v2/jobs/${'a'.repeat(22)}/result`, 405],
  ] as const)('%s %s is answered with %i', async (method, path, status) => {
    const agent = request(server);
    const pending = { GET: agent.get(path), POST: agent.post(path), DELETE: agent.delete(path) };
    expect((await pending[method]).status).toBe(status);
  });

  test('two requests with one Idempotency-Key are one job', async () => {
    const first = bodyOf(await later().set('idempotency-key', 'once').expect(202));
    const again = bodyOf(await later().set('idempotency-key', 'once').expect(202));
    expect(again.id).toBe(first.id);
    await ended(first);
    const afterwards = await later().set('idempotency-key', 'once').expect(202);
    expect(bodyOf(afterwards)).toMatchObject({ id: first.id, status: 'succeeded' });
    const other = await later({ inputs: [] }).set('idempotency-key', 'once').expect(422);
    expect(bodyOf(other).error).toContain('use a new key');
  });

  test('a job beyond the limit is rejected with Retry-After', async () => {
    const { server: full } = await idle({ maxJobs: 1 });
    await later(undefined, V2, full).expect(202);
    const response = await later(undefined, V2, full).expect(503);
    expect(response.headers['retry-after']).toBe('1');
    expect(response.headers['fairlead-error']).toBe('ERR_SERVING_JOBS_FULL');
    expect(bodyOf(response).error).toContain('1 jobs');
  });

  test('jobs beyond the limit of one client are rejected before the body is read, and those of others are accepted', async () => {
    const { server: shared } = await idle({ maxJobsPerOwner: 1 });
    const call = (client: string) => later(undefined, V2, shared).set('x-client', client);
    await call('ann').set('idempotency-key', 'k').expect(202);
    const response = await call('ann').expect(429);
    expect(response.headers['retry-after']).toBe('1');
    expect(response.headers['fairlead-error']).toBe('ERR_SERVING_JOBS_OWNER_LIMIT');
    expect(bodyOf(response).error).toContain('client "ann" holds 1 jobs');
    await call('bob').expect(202);
    // A repeated request needs no room.
    await call('ann').set('idempotency-key', 'k').expect(202);
    const { port } = shared.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.write(
      `POST ${V2} HTTP/1.1\r\nhost: a\r\nx-client: ann\r\nprefer: respond-async\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n`,
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(String(first)).toContain('HTTP/1.1 429');
  });

  test('is not accepted when it cannot be stored', async () => {
    const { place, server: broken } = await idle();
    rmSync(place, { recursive: true });
    writeFileSync(place, 'a file');
    const response = await later(undefined, V2, broken).expect(503);
    expect(bodyOf(response).error).toBe('the storage of jobs failed; try again later');
  });
});

function rawBody(given: unknown, done: (error: Error | null, body: Buffer) => void) {
  const res = given as NodeJS.ReadableStream;
  const chunks: Buffer[] = [];
  res.on('data', (chunk: Buffer) => chunks.push(chunk));
  res.on('end', () => {
    done(null, Buffer.concat(chunks));
  });
}
