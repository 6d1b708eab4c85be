import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { folderJobQueue } from '../src/folder/index.ts';
import { JobRunner, JobsError } from '../src/index.ts';
import { sqsJobQueue } from '../src/sqs/index.ts';

/** Calls a factory as plain JavaScript does. */
type AnyFactory = (...args: readonly unknown[]) => unknown;

async function problemOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(JobsError);
    expect(error).toMatchObject({ code: 'ERR_JOBS_INVALID_OPTION' });
    return (error as Error).message;
  }
  return 'no error';
}

const createRunner: AnyFactory = (options) => Reflect.construct(JobRunner, [options]) as unknown;

test('a runner refuses unknown, missing and absent options in plain JavaScript', async () => {
  const method = () => undefined;
  const queue = { leaseJob: method, leaseWebhook: method, sweep: method };
  const run = () => undefined;
  expect(await problemOf(() => createRunner({ queue, run, concurency: 2 }))).toContain(
    'Did you mean `concurrency`?',
  );
  expect(await problemOf(() => createRunner({ queue }))).toBe(
    'new JobRunner: option run is missing.',
  );
  expect(await problemOf(() => createRunner({ queue: {}, run }))).toBe(
    'queue must be an object with the method leaseJob, got an object without it',
  );
  expect(await problemOf(() => createRunner({ queue, run: 'x' }))).toBe(
    'run is "x"; it must be a function',
  );
  expect(await problemOf(() => createRunner({ queue, run, webhooks: true }))).toBe(
    'webhooks must be an object with the method attempt, got true',
  );
  expect(await problemOf(() => createRunner())).toContain('new JobRunner: expected an object');
});

test('a queue in a folder refuses unknown options before it creates the folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jobs-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const open = folderJobQueue as AnyFactory;
  expect(await problemOf(() => open(join(folder, 'new'), { maxJob: 1 }))).toContain(
    'folderJobQueue: unknown option "maxJob". Did you mean `maxJobs`?',
  );
  expect(await problemOf(() => open(join(folder, 'new'), null))).toContain('expected an object');
});

test('a queue in SQS refuses unknown, missing and absent options', async () => {
  const create = sqsJobQueue as AnyFactory;
  const options = { sqs: {}, s3: {}, queueUrl: 'https://sqs.example/1/jobs', bucket: 'jobs' };
  expect(await problemOf(() => create({ ...options, webhookQueueURL: 'x' }))).toContain(
    'Did you mean `webhookQueueUrl`?',
  );
  expect(await problemOf(() => create({ ...options, bucket: undefined }))).toBe(
    'sqsJobQueue: option bucket is missing.',
  );
  expect(await problemOf(() => create(options))).toBe(
    'sqs must be an object with the method send, got an object without it',
  );
  expect(await problemOf(() => create())).toContain('expected an object of options');
});
