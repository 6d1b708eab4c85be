import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  jobHandler,
  ModelServer,
  type JobHandlerOptions,
  type JobQueue,
  type NewJob,
  type StoredJob,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

const models = new ModelServer({
  source: new MemorySource([{ signature: affine }]),
  runtimes: { onnx: onnxRuntime() },
});
beforeAll(() => models.serve('m'));
afterAll(() => models.close());

/** A queue that stores jobs and runs none; the queues of `@fairlead/jobs` are tested with the gateway. */
function memoryQueue(): JobQueue {
  const jobs = new Map<string, StoredJob>();
  return {
    requireRoom: () => Promise.resolve(),
    enqueue({ model, owner }: NewJob) {
      const id = String(jobs.size + 1);
      const request = { id, model, ...(owner !== undefined && { owner }) };
      const job: StoredJob = { request, state: 'queued' };
      jobs.set(id, job);
      return Promise.resolve(job);
    },
    get: (id) => Promise.resolve(jobs.get(id)),
    describe: ({ request, state }) => ({ id: request.id, status: state }),
    outcome: () => Promise.resolve(undefined),
    cancel: (id) => Promise.resolve(jobs.get(id)),
    remove: (id) => Promise.resolve(jobs.delete(id)),
  };
}

async function start(options: Partial<JobHandlerOptions>): Promise<string> {
  const app = express().use('/ml', jobHandler(models, { queue: memoryQueue(), ...options }));
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const post = (origin: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${origin}/ml/v2/models/m/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async', ...headers },
    body: '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}',
  });

test('the URLs of a job hold the path that the handler is mounted below', async () => {
  const origin = await start({});
  const accepted = await post(origin);
  expect([accepted.status, accepted.headers.get('location')]).toEqual([202, '/ml/v2/jobs/1']);
  const { url, result_url: resultUrl } = (await accepted.json()) as Record<string, string>;
  expect([url, resultUrl]).toEqual(['/ml/v2/jobs/1', '/ml/v2/jobs/1/result']);
  expect(await (await fetch(origin + (url ?? ''))).json()).toMatchObject({ id: '1', url });
});

test.each([
  ['rejects', () => Promise.reject(new Error('not yours'))],
  ['resolves', () => Promise.resolve()],
])('an authorize whose promise %s authorizes no client', async (_what, call) => {
  const authorize = call as unknown as JobHandlerOptions['authorize'] & object;
  const origin = await start({ authorize });
  const { url = '' } = (await (await post(origin)).json()) as Record<string, string>;
  for (const method of ['GET', 'DELETE']) {
    const answer = await fetch(origin + url, { method });
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { error: 'authorize() returned a promise; it must return nothing, or throw' },
    ]);
  }
});

test('an owner that returns a promise owns no job', async () => {
  const owner = (() => Promise.resolve('shop')) as unknown as () => string;
  const answer = await post(await start({ owner }));
  expect([answer.status, await answer.json()]).toEqual([
    500,
    { error: 'owner() returned a promise; it must return a string or undefined' },
  ]);
});

test('a job is stored with the routing key of its request', async () => {
  const stored: NewJob[] = [];
  const queue = memoryQueue();
  const enqueue = (job: NewJob) => {
    stored.push(job);
    return queue.enqueue(job);
  };
  const routingKey = ({ headers }: IncomingMessage) => headers['x-user']?.toString();
  const origin = await start({ queue: { ...queue, enqueue }, routingKey });
  await post(origin);
  await post(origin, { 'x-user': 'user 7' });
  expect(stored.map((job) => job.routingKey)).toEqual([undefined, 'user 7']);
});

test.each([
  [{ queue: {} }, 'queue lacks requireRoom(), enqueue(), get(), describe(), outcome(), cancel(),'],
  [{ authorize: 'all' }, 'authorize is "all"; it must be a function'],
  [{ webhooks: [] }, 'webhooks lacks allows(); it must be an object with allows()'],
])('a job handler refuses %j', (options, message) => {
  const given = { queue: memoryQueue(), ...options } as unknown as JobHandlerOptions;
  expect(() => jobHandler(models, given)).toThrow(message);
});
