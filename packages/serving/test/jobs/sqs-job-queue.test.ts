import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeJobQueue } from './job-queue-behaviour.ts';
import { surviveKills } from './kill-rounds.ts';
import { startMoto, type MotoServer } from './moto-server.ts';
import { openSqsQueue } from './moto.ts';

const ROUNDS = 3;

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
}, 60_000);
afterAll(() => moto.stop());

describeJobQueue('SQS and S3', (place, settings) =>
  openSqsQueue({ port: moto.port, place }, settings),
);

test('kill -9 at any moment loses no job that was accepted, and ends each once', async () => {
  const place = { port: moto.port, place: 'killed' };
  const queue = await openSqsQueue(place);
  const victims = { kind: 'sqs', place: JSON.stringify(place), rounds: ROUNDS };
  const { accepted } = await surviveKills(victims, queue);
  expect(accepted).toBeGreaterThanOrEqual(ROUNDS * 2);
}, 240_000);
