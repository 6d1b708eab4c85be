import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import {
  JobRunner,
  type JobLeaseOptions,
  type JobEvent,
  type JobRequest,
  type JobOutcome,
  type JobQueue,
  type JobRun,
  type JobRunnerOptions,
} from '@fairlead/jobs';
import { folderJobQueue } from '@fairlead/jobs/folder';
import { until } from '@fairlead/test-support';
import { job } from '../queue/job-queue-behavior.ts';

const root = mkdtempSync(join(tmpdir(), 'fairlead-runner-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const ran = (status: number, body = '{}'): JobRun => ({
  response: { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) },
});

async function start(options: Omit<JobRunnerOptions, 'queue'>) {
  const queue = await folderJobQueue(mkdtempSync(join(root, 'q-')), { pollIntervalMs: 20 });
  const events: JobEvent[] = [];
  const runner = new JobRunner({
    queue,
    retryDelayMs: 10,
    leaseMs: 1000,
    onEvent: (event) => events.push(event),
    ...options,
  });
  runner.start();
  onTestFinished(() => runner.close({ graceMs: 1 }));
  const ended = async (id: string) => {
    await until(async () => (await queue.get(id))?.outcome !== undefined);
    return queue.outcome(id);
  };
  return { queue, events, runner, ended };
}

test.each<Partial<JobRunnerOptions>>([
  { concurrency: 0 },
  { maxAttempts: 0 },
  { leaseMs: -1 },
  { maxResultBytes: 0.5 },
])('refuses %j', async (options) => {
  const queue = await folderJobQueue(mkdtempSync(join(root, 'q-')));
  const run = () => Promise.resolve(ran(200));
  expect(() => new JobRunner({ queue, run, ...options })).toThrow(
    expect.objectContaining({ code: 'ERR_JOBS_INVALID_OPTION' }),
  );
});

test('rejects an unknown option with the name that was probably meant, and a missing one', async () => {
  const queue = await folderJobQueue(mkdtempSync(join(root, 'q-')));
  const run = () => Promise.resolve(ran(200));
  const create = (options: object) => new JobRunner(options as JobRunnerOptions);
  expect(() => create({ queue, run, concurency: 2 })).toThrow('Did you mean `concurrency`?');
  expect(() => create({ queue })).toThrow('new JobRunner: option run is missing');
});

test("what fails by the server's fault is tried again, then failed with its last answer", async () => {
  let runs = 0;
  const run = () => Promise.resolve(ran(500, `{"error":"${++runs}"}`));
  const { queue, runner, ended, events } = await start({ run, maxAttempts: 3 });
  const { request } = await queue.enqueue(job());
  expect(await ended(request.id)).toMatchObject({
    state: 'failed',
    attempts: 3,
    reason: '3',
    response: { status: 500 },
  });
  expect(runs).toBe(3);
  await runner.close();
  expect(events.map(({ type }) => type)).toEqual(['job-retried', 'job-retried', 'job-finished']);
});

test('a job that fails by its own fault is not run again', async () => {
  let runs = 0;
  const statuses = [400, 501];
  const run = () => Promise.resolve(ran(statuses[runs++] ?? 200));
  const { queue, ended } = await start({ run });
  for (const status of statuses) {
    const { request } = await queue.enqueue(job());
    expect(await ended(request.id)).toMatchObject({ state: 'failed', response: { status } });
  }
  expect(runs).toBe(2);
});

test('a job waits for a model that is not ready, regardless of its attempts', async () => {
  let runs = 0;
  const run = () => Promise.resolve(ran(++runs < 8 ? 503 : 200));
  const { queue, ended } = await start({ run, maxAttempts: 2 });
  const { request } = await queue.enqueue(job());
  expect(await ended(request.id)).toMatchObject({ state: 'succeeded', attempts: 1 });
});

test('a job fails when its model is not ready within maxWaitMs', async () => {
  const run = () => Promise.resolve(ran(503));
  const { queue, ended } = await start({ run, maxAttempts: 1, maxWaitMs: 300 });
  const { request } = await queue.enqueue(job());
  expect(await ended(request.id)).toMatchObject({ state: 'failed', response: { status: 503 } });
});

test('a model that is not ready is tried ever more rarely, and holds up no job of another', async () => {
  const tries: number[] = [];
  const run = ({ model }: JobRequest) => {
    if (model === 'n') return Promise.resolve(ran(200));
    tries.push(performance.now());
    return Promise.resolve(ran(503));
  };
  const { queue, ended } = await start({ run, retryDelayMs: 200 });
  const begun = performance.now();
  for (let index = 0; index < 40; index++) await queue.enqueue(job(String(index)));
  const { request } = await queue.enqueue(job('other', { model: 'n' }));
  expect(await ended(request.id)).toMatchObject({ state: 'succeeded' });
  await until(() => tries.length >= 3);
  // Pauses of 200 and 400 ms, whichever of its jobs is tried.
  expect((tries[2] ?? 0) - begun).toBeGreaterThanOrEqual(600);
  // The third is put back, as the others were.
  await until(async () => (await queue.depth()).queued === 40);
});

test('a response over the limits of its owner fails the job, and the reason names the limit', async () => {
  const run = () => Promise.resolve(ran(200, 'x'.repeat(20_000)));
  const place = mkdtempSync(join(root, 'q-'));
  const queue = await folderJobQueue(place, { maxBytesPerOwner: 36_864, pollIntervalMs: 20 });
  const runner = new JobRunner({ queue, run });
  runner.start();
  onTestFinished(() => runner.close());
  const outcomes: (JobOutcome | undefined)[] = [];
  for (let index = 0; index < 2; index++) {
    const { request } = await queue.enqueue(job(String(index), { owner: 'ann' }));
    await until(async () => (await queue.get(request.id))?.outcome !== undefined);
    outcomes.push(await queue.outcome(request.id));
  }
  expect(outcomes).toMatchObject([
    { state: 'succeeded' },
    { state: 'failed', reason: expect.stringContaining('maxBytesPerOwner') as string },
  ]);
  expect(outcomes[1]?.response).toBeUndefined();
});

test('a response that is too large fails the job, with a reason', async () => {
  const run = () => Promise.resolve(ran(200, 'x'.repeat(101)));
  const { queue, ended } = await start({ run, maxResultBytes: 100 });
  const outcome = await ended((await queue.enqueue(job())).request.id);
  expect(outcome).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('101 bytes') as string,
  });
  expect(outcome?.response).toBeUndefined();
});

test('a job that ended its process at each attempt fails', async () => {
  let runs = 0;
  const queue = await folderJobQueue(mkdtempSync(join(root, 'q-')), { pollIntervalMs: 20 });
  const { request } = await queue.enqueue(job());
  for (let attempt = 1; attempt <= 2; attempt++) {
    const claim = await queue.leaseJob({ leaseMs: 60_000, signal: AbortSignal.timeout(20_000) });
    await claim?.release({ delayMs: 0, counted: true });
  }
  const run = () => Promise.resolve(ran(200, String(++runs)));
  const runner = new JobRunner({ queue, run, maxAttempts: 2 });
  runner.start();
  await until(async () => (await queue.get(request.id))?.state === 'failed');
  await runner.close();
  expect(runs).toBe(0);
  expect((await queue.outcome(request.id))?.reason).toContain('failed after 2 attempts');
});

test('a canceled job is stopped while it runs', async () => {
  const stopped = Promise.withResolvers<undefined>();
  const { queue, events, runner } = await start({
    run: (_order, _body, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          stopped.resolve(undefined);
          resolve(ran(499));
        });
      }),
  });
  const { request } = await queue.enqueue(job());
  await until(async () => (await queue.get(request.id))?.state === 'running');
  await queue.cancel(request.id);
  await stopped.promise;
  await runner.close();
  expect(events).toEqual([{ type: 'job-lost', id: request.id, model: 'm' }]);
  expect((await queue.get(request.id))?.state).toBe('canceled');
  expect(await queue.depth()).toEqual({ queued: 0, running: 0 });
});

test('closing lets a job end within the grace period', async () => {
  const gate = Promise.withResolvers<JobRun>();
  const { queue, runner } = await start({ run: () => gate.promise });
  const { request } = await queue.enqueue(job());
  await until(async () => (await queue.get(request.id))?.state === 'running');
  const closed = runner.close({ graceMs: 60_000 });
  gate.resolve(ran(200));
  await closed;
  expect((await queue.get(request.id))?.state).toBe('succeeded');
});

test('closing gives back what outlasts the grace period, uncounted', async () => {
  const { queue, runner } = await start({
    run: (_order, _body, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve(ran(499));
        });
      }),
  });
  const { request } = await queue.enqueue(job());
  await until(async () => (await queue.get(request.id))?.state === 'running');
  await runner.close({ graceMs: 50 });
  expect((await queue.get(request.id))?.state).toBe('queued');
  const claim = await queue.leaseJob({ leaseMs: 60_000, signal: AbortSignal.timeout(20_000) });
  expect(claim).toMatchObject({ attempt: 1, request });
});

test('an error of the queue is reported, and does not end the runner', async () => {
  const queue = await folderJobQueue(mkdtempSync(join(root, 'q-')), { pollIntervalMs: 20 });
  const events: JobEvent[] = [];
  let failures = 2;
  const broken = {
    leaseJob: (options: Parameters<typeof queue.leaseJob>[0]) =>
      failures-- > 0 ? Promise.reject(new Error('disk gone')) : queue.leaseJob(options),
    sweep: () => queue.sweep(),
  } as typeof queue;
  const run = () => Promise.resolve(ran(200));
  const runner = new JobRunner({ queue: broken, run, onEvent: (event) => events.push(event) });
  runner.start();
  const { request } = await queue.enqueue(job());
  await until(async () => (await queue.get(request.id))?.state === 'succeeded');
  await runner.close();
  expect(events.filter(({ type }) => type === 'queue-failed')).toHaveLength(2);
});

test('a job whose response can not be stored is run again', async () => {
  const queue = await folderJobQueue(mkdtempSync(join(root, 'q-')), { pollIntervalMs: 20 });
  let failures = 1;
  const broken: JobQueue = Object.create(queue, {
    leaseJob: {
      value: async (options: JobLeaseOptions) => {
        const claim = await queue.leaseJob(options);
        if (claim === undefined || failures-- <= 0) return claim;
        return { ...claim, finish: () => Promise.reject(new Error('disk full')) };
      },
    },
    sweep: { value: () => queue.sweep() },
  }) as JobQueue;
  const run = () => Promise.resolve(ran(200));
  const runner = new JobRunner({ queue: broken, run });
  runner.start();
  const { request } = await queue.enqueue(job());
  await until(async () => (await queue.get(request.id))?.state === 'succeeded');
  await runner.close();
  expect((await queue.get(request.id))?.outcome?.attempts).toBe(2);
});
