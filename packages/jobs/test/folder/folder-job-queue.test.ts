import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { folderJobQueue, type FolderJobQueueOptions } from '@fairlead/jobs/folder';
import { answered, describeJobQueue, job } from '../queue/job-queue-behavior.ts';

const root = mkdtempSync(join(tmpdir(), 'fairlead-jobs-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});
let places = 0;
const newPlace = (): string => join(root, `own-${places++}`);
const soon = { leaseMs: 60_000, signal: AbortSignal.timeout(60_000) };

let passedMs = 0;
const now = (): number => Date.now() + passedMs;
describeJobQueue('folder', {
  open: (place, settings) =>
    folderJobQueue(join(root, place), { pollIntervalMs: 20, now, ...settings }),
  pass: (ms) => {
    passedMs += ms;
    return Promise.resolve();
  },
  now,
  quietMs: 200,
});

describe('folder', () => {
  test.each<FolderJobQueueOptions>([
    { retentionMs: 0 },
    { maxJobs: -1 },
    { maxBytes: 1.5 },
    { pollIntervalMs: Number.NaN },
  ])('refuses %j', async (options) => {
    await expect(folderJobQueue(newPlace(), options)).rejects.toMatchObject({
      code: 'ERR_JOBS_INVALID_OPTION',
    });
  });

  test('rejects an unknown option with the name that was probably meant', async () => {
    const options = { pollIntervallMs: 20 } as FolderJobQueueOptions;
    const opened = folderJobQueue(newPlace(), options);
    await expect(opened).rejects.toMatchObject({ code: 'ERR_JOBS_INVALID_OPTION' });
    await expect(opened).rejects.toThrow('Did you mean `pollIntervalMs`?');
  });

  test('a job that one process accepted is found by another after the first has ended', async () => {
    const place = newPlace();
    const { request } = await (await folderJobQueue(place)).enqueue(job('x'));
    const claimed = await (await folderJobQueue(place)).leaseJob(soon);
    expect(claimed?.request).toEqual(request);
  });

  test('bytes are limited, those of stored responses too, in blocks of 4096', async () => {
    const queue = await folderJobQueue(newPlace(), { maxBytes: 16_384, maxBytesPerModel: 16_384 });
    await queue.enqueue(job('x'.repeat(1000)));
    const claimed = await queue.leaseJob(soon);
    await claimed?.finish(answered('y'.repeat(9000)));
    await queue.enqueue(job('x'.repeat(1000)));
    const refused = queue.enqueue(job('x'.repeat(1000)));
    await expect(refused).rejects.toMatchObject({ code: 'ERR_JOBS_FULL' });
    await expect(refused).rejects.toThrow('its 16384 bytes of requests and stored responses');
  });

  test('after the disk failed to store and to remove requests, all places of jobs are free again', async () => {
    const place = newPlace();
    const limits = { maxJobs: 4, maxJobsPerModel: 4, pollIntervalMs: 60_000 };
    const queue = await folderJobQueue(place, limits);
    const orders = join(place, 'jobs');
    renameSync(orders, `${orders}-away`);
    writeFileSync(orders, 'a file in place of the folder');
    for (let index = 0; index < 4; index++) {
      await expect(queue.enqueue(job())).rejects.toMatchObject({ code: 'ENOTDIR' });
    }
    rmSync(orders);
    renameSync(`${orders}-away`, orders);
    await queue.sweep();
    for (let index = 0; index < 4; index++) await queue.enqueue(job());
    await expect(queue.enqueue(job())).rejects.toMatchObject({ code: 'ERR_JOBS_FULL' });
  });

  test('processes that accept jobs concurrently never exceed a limit together', async () => {
    const place = newPlace();
    const limits = { maxJobs: 5, maxJobsPerModel: 5, pollIntervalMs: 60_000 };
    // Each has counted the empty folder, and counts again in a minute.
    const queues = await Promise.all(
      Array.from({ length: 4 }, () => folderJobQueue(place, limits)),
    );
    let accepted = 0;
    for (let round = 0; round < 5; round++) {
      const given = queues.map((queue) => queue.enqueue(job(String(round))));
      const settled = await Promise.allSettled(given);
      accepted += settled.filter(({ status }) => status === 'fulfilled').length;
      expect(readdirSync(join(place, 'jobs'))).toHaveLength(accepted);
    }
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThanOrEqual(5);
    expect(await queues[0]?.depth()).toEqual({ queued: accepted, running: 0 });
  });

  test('a key stores no body: the bytes of a request are free when its job has ended', async () => {
    const place = newPlace();
    const queue = await folderJobQueue(place);
    const { request } = await queue.enqueue(job('x'.repeat(50_000), { idempotencyKey: 'k' }));
    await (await queue.leaseJob(soon))?.finish(answered());
    const key = request.idempotency?.key ?? '';
    expect(readFileSync(join(place, 'keys', key)).length).toBeLessThan(4096);
  });

  test('a folder that was removed is created again, and accepts jobs', async () => {
    const place = newPlace();
    const queue = await folderJobQueue(place, { pollIntervalMs: 20 });
    const gone = await queue.enqueue(job('gone'));
    const running = await queue.leaseJob(soon);
    rmSync(place, { recursive: true });
    expect(await running?.finish(answered())).toBe(false);
    expect(await queue.get(gone.request.id)).toBeUndefined();
    const { request } = await queue.enqueue(job('x', { idempotencyKey: 'k', owner: 'ann' }));
    const claimed = await queue.leaseJob(soon);
    expect(claimed?.request).toEqual(request);
    rmSync(place, { recursive: true });
    expect(await queue.depth()).toEqual({ queued: 0, running: 0 });
    rmSync(place, { recursive: true });
    await queue.sweep();
    const waiting = queue.leaseJob(soon);
    rmSync(place, { recursive: true });
    const last = await queue.enqueue(job('y'));
    expect((await waiting)?.request).toEqual(last.request);
  });

  test('keys and orders leave with their job: after its time the folder is empty', async () => {
    const place = newPlace();
    const queue = await folderJobQueue(place, { retentionMs: 50 });
    const { request } = await queue.enqueue(job('x', { idempotencyKey: 'k' }));
    await (await queue.leaseJob(soon))?.finish(answered());
    const long = new Date(Date.now() - 10_000);
    utimesSync(join(place, 'finished', request.id), long, long);
    await queue.sweep();
    const files = readdirSync(place, { recursive: true, withFileTypes: true });
    expect(files.filter((each) => each.isFile()).map(({ name }) => name)).toEqual([]);
  });

  test('a request that a crash cut off before it was queued is run', async () => {
    const place = newPlace();
    const first = await folderJobQueue(place);
    const { request } = await first.enqueue(job('x'));
    const waiting = join(place, 'runs', 'waiting');
    for (const name of readdirSync(waiting)) rmSync(join(waiting, name));
    // Before a minute has passed, another process may be about to queue it.
    const queue = await folderJobQueue(place, { now: () => Date.now() + 61_000 });
    expect((await queue.leaseJob(soon))?.request).toEqual(request);
  });

  test('a repeated request mends what a crash cut off', async () => {
    const place = newPlace();
    const queue = await folderJobQueue(place);
    const given = job('x', { idempotencyKey: 'k' });
    const { request } = await queue.enqueue(given);
    const waiting = join(place, 'runs', 'waiting');
    for (const name of readdirSync(waiting)) rmSync(join(waiting, name));
    expect((await queue.enqueue(given)).request).toEqual(request);
    expect((await queue.leaseJob(soon))?.request).toEqual(request);
  });

  test('an end that a crash cut off before its webhook was queued is announced', async () => {
    const place = newPlace();
    const queue = await folderJobQueue(place);
    const { request } = await queue.enqueue(job('x', { webhookUrl: 'https://a.example/' }));
    const claimed = await queue.leaseJob(soon);
    await claimed?.finish(answered());
    // As if the process had died in the midst of finish().
    const notices = join(place, 'notices', 'waiting');
    for (const name of readdirSync(notices)) rmSync(join(notices, name));
    const name = `${'0'.repeat(15)}.1.10.${request.id}`;
    writeFileSync(join(place, 'runs', 'waiting', name), '');
    const none = await queue.leaseJob({ leaseMs: 60_000, signal: AbortSignal.timeout(1000) });
    expect(none).toBeUndefined();
    expect((await queue.leaseWebhook(soon))?.job).toMatchObject({ request, state: 'succeeded' });
  });

  test('files of other programs stay unchanged', async () => {
    const place = newPlace();
    const queue = await folderJobQueue(place);
    for (const folder of ['runs/waiting', 'runs/claimed', 'jobs', 'finished', 'keys']) {
      writeFileSync(join(place, folder, 'README'), 'hello');
      utimesSync(join(place, folder, 'README'), 1, 1);
    }
    await queue.sweep();
    await queue.enqueue(job('x'));
    expect(await queue.leaseJob(soon)).toBeDefined();
    expect(await queue.depth()).toEqual({ queued: 0, running: 1 });
  });

  test('a folder that can not be written says so', async () => {
    const place = newPlace();
    const queue = await folderJobQueue(place);
    rmSync(place, { recursive: true });
    writeFileSync(place, 'a file');
    await expect(queue.enqueue(job('x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    if (process.getuid?.() !== 0) {
      rmSync(place);
      mkdirSync(place);
      chmodSync(place, 0o500);
      await expect(folderJobQueue(join(place, 'below'))).rejects.toMatchObject({ code: 'EACCES' });
      chmodSync(place, 0o700);
    }
  });
});
