import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TrainingOrder } from '@fairlead/retraining';
import { batchRunner } from '@fairlead/retraining/batch';
import { startMoto, temporaryFolder, until, type MotoServer } from '@fairlead/test-support';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBatch } from './batch-fleet.ts';

const job = fileURLToPath(new URL('train-job.ts', import.meta.url));

let moto: MotoServer | undefined;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto?.stop());

async function open() {
  if (moto === undefined) throw new Error('moto did not start');
  const fleet = await startBatch(moto);
  const root = temporaryFolder();
  mkdirSync(join(root, 'input'));
  writeFileSync(join(root, 'input/rows.csv'), 'age,label\n');
  const location = `s3://${fleet.bucket}/retraining`;
  const { batch, s3 } = fleet;
  const runner = batchRunner({
    batch,
    s3,
    queue: 'training',
    definition: 'train',
    location,
    pollMs: 100,
  });
  const orderOf = (
    command: readonly string[],
    more: Partial<TrainingOrder> = {},
  ): TrainingOrder => ({
    ...{ token: 'churn.v2-4-1', command, input: join(root, 'input'), folder: join(root, '1') },
    ...{
      tables: ['rows.csv'],
      variables: { FAIRLEAD_TRAINING_MODEL: 'churn' },
      timeLimitMs: 120_000,
    },
    signal: new AbortController().signal,
    ...more,
  });
  return { ...fleet, root, runner, orderOf, location };
}

const train = [process.execPath, '--conditions=@fairlead/source', job];

test('a job gets its inputs from S3, and its outputs come back', async () => {
  const { runner, orderOf, root, submitted, location } = await open();
  const order = orderOf(train);
  expect(await runner.has(order)).toBe(false);
  expect(await runner.train(order)).toEqual({ result: 'completed' });
  const read = (name: string): string => readFileSync(join(root, '1/output', name), 'utf8');
  expect(read('model.onnx')).toBe('model.onnx of age,label\n');
  expect(read('parts/metrics.json')).toBe('parts/metrics.json of age,label\n');
  const [{ containerOverrides, ...rest } = {}] = submitted;
  expect(rest).toEqual({
    ...{ jobName: expect.stringMatching(/^fairlead-churn_v2-4-1-[0-9a-f]{16}$/) as string },
    ...{ jobQueue: 'training', jobDefinition: 'train', retryStrategy: { attempts: 1 } },
    timeout: { attemptDurationSeconds: 120 },
  });
  expect(containerOverrides?.environment).toContainEqual({
    ...{ name: 'FAIRLEAD_TRAINING_INPUT', value: `${location}/churn.v2-4-1/input` },
  });
});

test('a repeated training finds the job that was submitted, also where the answer was lost', async () => {
  const { runner, orderOf, submitted, faults, root } = await open();
  faults.afterSubmit = 1;
  const order = orderOf(train);
  await expect(runner.train(order)).rejects.toMatchObject({
    code: 'ERR_RETRAINING_RUNNER_FAILED',
    message: expect.stringContaining(
      'The training churn.v2-4-1 could not be run on AWS Batch',
    ) as string,
  });
  expect(await runner.has(order)).toBe(true);
  // Another host, without the files of the first one.
  const other = { ...order, folder: join(root, 'other/1') };
  expect(await Promise.all([runner.train(order), runner.train(other)])).toEqual([
    ...[{ result: 'completed' }, { result: 'completed' }],
  ]);
  expect(submitted).toHaveLength(1);
  // A training that has ended is not looked for again.
  rmSync(join(root, 'other/1'), { recursive: true });
  expect(await runner.train(order)).toEqual({ result: 'completed' });
});

test('a job that fails is a failure with its exit code; one whose host was taken away is lost', async () => {
  const { runner, orderOf, faults } = await open();
  expect(await runner.train(orderOf(['sh', '-c', 'exit 3']))).toEqual({
    result: 'failed',
    reason: expect.stringMatching(
      /^the job \S+ has failed: exit code 3; Essential container in task exited/,
    ) as string,
  });
  for (const [index, statusReason] of [
    'Host EC2 (instance i-0a1b) terminated.',
    'Your Spot Task was interrupted.',
  ].entries()) {
    faults.statusReason = statusReason;
    const order = orderOf(['sh', '-c', 'exit 1'], { token: `churn-4-${index + 2}` });
    expect(await runner.train(order)).toMatchObject({ result: 'lost' });
  }
});

test('the reason of a failure names the log of the definition, or that of AWS Batch', async () => {
  const { runner, orderOf, faults } = await open();
  const ends = [];
  for (const [index, logGroup] of ['', '/shop/training'].entries()) {
    faults.logGroup = logGroup;
    const order = orderOf(['sh', '-c', 'exit 1'], { token: `churn-5-${index}` });
    ends.push(await runner.train(order));
  }
  const reason = (group: string) =>
    expect.stringContaining(`its log is the stream training/default/1 of ${group}`) as string;
  expect(ends).toEqual([
    { result: 'failed', reason: reason('/aws/batch/job') },
    { result: 'failed', reason: reason('/shop/training') },
  ]);
});

test('an abort terminates the job', async () => {
  const { runner, orderOf, jobs } = await open();
  const stop = new AbortController();
  const training = runner.train(orderOf(['sleep', '1000'], { signal: stop.signal }));
  training.catch(() => undefined);
  const [job1] = await until(() => jobs.size > 0 && [...jobs.values()]);
  // Errors of commands have codes, as those of AWS.
  const stopped = Object.assign(new Error('Ctrl-C'), { code: 'ERR_CLI_STOPPED' });
  stop.abort(stopped);
  await expect(training).rejects.toBe(stopped);
  await until(() => job1?.status === 'FAILED');
  // The attempt goes on with another job, and hasn't failed.
  const after = await runner.train(orderOf(['sleep', '1000']));
  expect(after).toMatchObject({ result: 'lost' });
});

test('a queue that does not exist is an error of the runner', async () => {
  const { batch, s3, orderOf, location } = await open();
  const runner = batchRunner({ batch, s3, queue: 'missing', definition: 'train', location });
  await expect(runner.train(orderOf(train))).rejects.toMatchObject({
    code: 'ERR_RETRAINING_RUNNER_FAILED',
    message: expect.stringContaining('Job queue missing does not exist') as string,
  });
});
