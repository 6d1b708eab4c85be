import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeJobQueue, job } from '../queue/job-queue-behaviour.ts';
import { surviveKills } from '../killed/kill-rounds.ts';
import { startMoto, type MotoServer } from '@fairlead/test-support';
import { openSqsQueue } from './open-sqs-queue.ts';

const ROUNDS = 3;

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
}, 120_000);
afterAll(() => moto.stop());

describeJobQueue('SQS and S3', {
  open: (place, settings) => openSqsQueue({ port: moto.port, place }, settings),
  // The clock of SQS.
  pass: (ms) => sleep(ms),
  now: Date.now,
  quietMs: 500,
  isStillReceiving: true,
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
}, 240_000);
