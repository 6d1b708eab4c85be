import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { JobQueue } from '@fairlead/jobs';
import { folderJobQueue } from '@fairlead/jobs/folder';
import { answered, job } from '../queue/job-queue-behavior.ts';

const soon = () => ({ leaseMs: 60_000, signal: AbortSignal.timeout(30_000) });
const jobId = (): string => randomBytes(16).toString('base64url');

/** A folder as a queue creates it, outside of which a file must stay as it is. */
async function makePlace(): Promise<{ readonly place: string; readonly outside: string }> {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-hostile-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  const outside = join(root, 'outside.txt');
  writeFileSync(outside, '{"secret":true}\nof another account');
  const place = join(root, 'queue');
  await folderJobQueue(place);
  return { place, outside };
}

const open = (place: string): Promise<JobQueue> => folderJobQueue(place, { pollIntervalMs: 20 });

/** Enqueues a job, runs it and reads its result: the queue works. */
async function expectWorks(queue: JobQueue): Promise<void> {
  const { request } = await queue.enqueue(job('works'));
  const lease = await queue.leaseJob(soon());
  expect(lease?.request.id).toBe(request.id);
  expect(await lease?.finish(answered('result'))).toBe(true);
  expect((await queue.get(request.id))?.state).toBe('succeeded');
  await queue.sweep();
}

const valid = { path: '/', headers: {}, model: 'm', createdAtMs: 1 };
const outcome = { state: 'succeeded', attempts: 1, finishedAtMs: Date.now() };

type Make = (path: string, outside: string) => void;
const text =
  (content: string | object | null): Make =>
  (path) => {
    writeFileSync(path, typeof content === 'string' ? content : `${JSON.stringify(content)}\nbody`);
  };
const kinds: readonly (readonly [string, Make])[] = [
  ['empty', text('')],
  ['not JSON', text('{"id":\n')],
  ['without a line', text('x'.repeat(100_000))],
  ['null', text(null)],
  ['a list', text([1])],
  ['of other types', text({ ...valid, id: 1, headers: 'h', model: {}, createdAtMs: 'x' })],
  ['of another id', text({ ...valid, id: jobId() })],
  ['an outcome of other types', text({ order: valid, outcome: { state: 'done' } })],
  ['an outcome of another id', text({ order: { ...valid, id: jobId() }, outcome })],
  [
    'of 10 GiB',
    (path) => {
      writeFileSync(path, '');
      truncateSync(path, 10 * 2 ** 30);
    },
  ],
  [
    'a link to a file outside',
    (path, outside) => {
      symlinkSync(outside, path);
    },
  ],
  [
    'a link to itself',
    (path) => {
      symlinkSync(path, path);
    },
  ],
  [
    'a pipe',
    (path) => {
      execFileSync('mkfifo', [path]);
    },
  ],
  [
    'a folder',
    (path) => {
      mkdirSync(path);
    },
  ],
];

test.each(kinds)('a record that is %s is no job, and the queue works', async (title, make) => {
  const { place, outside } = await makePlace();
  const ids: string[] = [];
  for (const kind of ['jobs', 'finished']) {
    const id = jobId();
    ids.push(id);
    make(join(place, kind, id), outside);
    // Its retention has ended.
    const old = jobId();
    make(join(place, kind, old), outside);
    if (!['a link to itself', 'a link to a file outside'].includes(title)) {
      utimesSync(join(place, kind, old), new Date(0), new Date(0));
    }
    for (const queue of ['runs', 'notices']) {
      make(join(place, queue, 'waiting', `000000000000001.0.9.${id}`), outside);
      make(join(place, queue, 'claimed', `1.9.1.${id}.0123456789abcdef`), outside);
    }
  }
  make(join(place, 'temporary', 'x'), outside);
  const queue = await open(place);
  for (const id of ids) {
    expect(await queue.get(id)).toBeUndefined();
    expect(await queue.outcome(id)).toBeUndefined();
    expect(await queue.cancel(id)).toBeUndefined();
    expect(await queue.remove(id)).toBe(false);
  }
  await expectWorks(queue);
  expect(readFileSync(outside, 'utf8')).toContain('secret');
});

test.each(kinds)(
  'the record of an idempotency key that is %s is replaced: the request is accepted',
  async (title, make) => {
    const { place, outside } = await makePlace();
    const key = createHash('sha256')
      .update(JSON.stringify(['', 'k']))
      .digest('hex');
    make(join(place, 'keys', key), outside);
    const queue = await open(place);
    const request = { ...job('x'), idempotencyKey: 'k' };
    if (title === 'a folder') {
      await expect(queue.enqueue(request)).rejects.toThrow();
      return;
    }
    const first = await queue.enqueue(request);
    expect((await queue.enqueue(request)).request.id).toBe(first.request.id);
    expect(existsSync(outside)).toBe(true);
  },
);

test('a stored key names no file outside of its folder', async () => {
  const { place, outside } = await makePlace();
  const id = jobId();
  const idempotency = { key: '../../outside.txt', fingerprint: 'f' };
  const order = { ...valid, id, idempotency };
  writeFileSync(join(place, 'finished', id), `${JSON.stringify({ order, outcome })}\n`);
  writeFileSync(outside, `${JSON.stringify({ ...order })}\n`);
  const queue = await open(place);
  await queue.remove(id);
  expect(existsSync(outside)).toBe(true);
});

test.each(['__proto__', 'constructor', '', '\0', '../../x', 'ä'.repeat(1000)])(
  'owner, model and key %# are texts like any other',
  async (name) => {
    const queue = await open((await makePlace()).place);
    const request = { ...job('x'), owner: name, model: name, idempotencyKey: name };
    const { request: stored } = await queue.enqueue(request);
    expect((await queue.enqueue(request)).request.id).toBe(stored.id);
    const lease = await queue.leaseJob(soon());
    expect(lease?.request).toMatchObject({ owner: name, model: name });
    await lease?.finish(answered('result'));
    expect((await queue.get(stored.id))?.request.owner).toBe(name);
  },
);

test.each(['..', '.', '../jobs/x', 'a/b', '\0', 'A'.repeat(23), 'ä'.repeat(22), '%2e%2e', ''])(
  'the id %j names no job',
  async (id) => {
    const queue = await open((await makePlace()).place);
    expect(await queue.get(id)).toBeUndefined();
    expect(await queue.outcome(id)).toBeUndefined();
    expect(await queue.cancel(id)).toBeUndefined();
    expect(await queue.remove(id)).toBe(false);
  },
);

test('a request with too many bytes of headers is rejected when it comes', async () => {
  const queue = await open((await makePlace()).place);
  const headers = { accept: 'x'.repeat(40_000) };
  await expect(queue.enqueue({ ...job('x'), headers })).rejects.toMatchObject({
    code: 'ERR_JOBS_TOO_LARGE',
  });
  await expectWorks(queue);
});

test('a response with too many bytes of headers is rejected, and the job can fail', async () => {
  const queue = await open((await makePlace()).place);
  const { request } = await queue.enqueue(job('x'));
  const lease = await queue.leaseJob(soon());
  const response = { status: 200, headers: { h: 'x'.repeat(70_000) }, body: Buffer.from('') };
  const result = { state: 'succeeded' as const, attempts: 1, finishedAtMs: Date.now() };
  await expect(lease?.finish({ ...result, response })).rejects.toMatchObject({
    code: 'ERR_JOBS_TOO_LARGE',
  });
  expect(await lease?.finish({ ...result, state: 'failed', reason: 'too large' })).toBe(true);
  expect((await queue.get(request.id))?.state).toBe('failed');
});
