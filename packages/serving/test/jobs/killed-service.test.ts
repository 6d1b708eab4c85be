import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { folderJobQueue, JobRunner } from '@fairlead/serving';
import { until } from '../memory-source.ts';
import { job } from './job-queue-behaviour.ts';
import { startVictim, surviveKills } from './kill-rounds.ts';

const ROUNDS = 6;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-killed-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

test('kill -9 at any moment loses no job that was accepted, and ends each once', async () => {
  const place = newFolder();
  const queue = await folderJobQueue(place);
  const { accepted } = await surviveKills({ kind: 'folder', place, rounds: ROUNDS }, queue);
  expect(accepted).toBeGreaterThanOrEqual(ROUNDS * 2);
}, 240_000);

test('a job that kills whoever runs it is given up, and the others go on', async () => {
  const place = newFolder();
  const queue = await folderJobQueue(place, { pollIntervalMs: 20 });
  const poison = await queue.enqueue(job('666'));
  const harmless = await queue.enqueue(job('{}'));
  for (let attempt = 1; attempt <= 2; attempt++) {
    const victim = await startVictim('folder', place);
    await victim.gone;
  }
  const run = () =>
    Promise.resolve({ response: { status: 200, headers: {}, body: Buffer.from('{}') } });
  const runner = new JobRunner({ queue, run, leaseMs: 1000, maxAttempts: 2 });
  runner.start();
  await until(async () => (await queue.get(poison.order.id))?.outcome !== undefined);
  await until(async () => (await queue.get(harmless.order.id))?.outcome !== undefined);
  await runner.close();
  expect((await queue.outcome(poison.order.id))?.reason).toContain('given up after 2 attempts');
}, 120_000);
