import { setTimeout as sleep } from 'node:timers/promises';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { s3Client } from '@fairlead/test-support';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeJobQueue, job } from '../queue/job-queue-behavior.ts';
import { surviveKills } from '../killed/kill-rounds.ts';
import { startMoto, type MotoServer } from '@fairlead/test-support';
import { openSqsQueue } from './open-sqs-queue.ts';

const ROUNDS = 2;

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

describeJobQueue('SQS and S3', {
  open: (place, settings) => openSqsQueue({ port: moto.port, place }, settings),
  // The clock of SQS.
  pass: (ms) => sleep(ms),
  now: Date.now,
  quietMs: 500,
  isStillReceiving: true,
  mayDeliverTwice: true,
});

test('after S3 failed to store and to remove requests, all places of jobs are free again', async () => {
  let isDown = false;
  const queue = await openSqsQueue(
    { port: moto.port, place: 'outage' },
    { maxJobs: 4, maxJobsPerModel: 4 },
    (s3) => {
      s3.middlewareStack.add((next, { commandName = '' }) => (args) => {
        if (isDown && /^(?:Put|Delete)Object/.test(commandName)) throw new Error('S3 is down');
        return next(args);
      });
    },
  );
  isDown = true;
  for (let index = 0; index < 4; index++) {
    await expect(queue.enqueue(job())).rejects.toThrow('S3 is down');
  }
  isDown = false;
  await queue.sweep();
  for (let index = 0; index < 4; index++) await queue.enqueue(job());
  await expect(queue.enqueue(job())).rejects.toMatchObject({ code: 'ERR_JOBS_FULL' });
});

test('kill -9 at any moment loses no job that was accepted, and ends each once', async () => {
  const place = { port: moto.port, place: 'killed' };
  const queue = await openSqsQueue(place);
  const victims = { kind: 'sqs', place: JSON.stringify(place), rounds: ROUNDS };
  const { accepted } = await surviveKills(victims, queue);
  expect(accepted).toBeGreaterThanOrEqual(ROUNDS * 2);
});

test('a queue without a queue for webhooks rejects them, and waits for none', async () => {
  const queue = await openSqsQueue({ port: moto.port, place: 'plain', hasWebhooks: false });
  const withWebhook = job('x', { webhookUrl: 'https://a.example/' });
  await expect(queue.enqueue(withWebhook)).rejects.toMatchObject({
    code: 'ERR_JOBS_INVALID_OPTION',
  });
  const controller = new AbortController();
  const waiting = queue.leaseWebhook({ leaseMs: 1000, signal: controller.signal });
  // Timers still run.
  await sleep(20);
  controller.abort();
  expect(await waiting).toBeUndefined();
});

test('a sweep removes the markers of jobs that were finished before these were written', async () => {
  const location = { port: moto.port, place: 'stray' };
  const queue = await openSqsQueue(location);
  const { request } = await queue.enqueue(job());
  const s3 = s3Client(moto.endpoint);
  const sent = async (): Promise<readonly (string | undefined)[]> => {
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: 'jobs', Prefix: 'stray/sent/' }),
    );
    return Contents.map(({ Key }) => Key);
  };
  const lease = await queue.leaseJob({ leaseMs: 60_000, signal: AbortSignal.timeout(20_000) });
  await lease?.finish({ state: 'failed', attempts: 1, finishedAtMs: Date.now() });
  await s3.send(
    new PutObjectCommand({ Bucket: 'jobs', Key: `stray/sent/${request.id}`, Body: '' }),
  );
  const waiting = await queue.enqueue(job());
  await queue.sweep();
  expect(await sent()).toEqual([`stray/sent/${waiting.request.id}`]);
});
