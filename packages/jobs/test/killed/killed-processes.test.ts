import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { JobRunner } from '@fairlead/jobs';
import { folderJobQueue } from '@fairlead/jobs/folder';
import { until } from '@fairlead/test-support';
import { job } from '../queue/job-queue-behavior.ts';
import { startVictim, surviveKills } from './kill-rounds.ts';

const ROUNDS = 3;

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
});

test('a job that kills its process fails after its attempts, and other jobs run', async () => {
  const place = newFolder();
  const queue = await folderJobQueue(place, { pollIntervalMs: 20 });
  const poison = await queue.enqueue(job('666'));
  const harmless = await queue.enqueue(job('{}'));
  for (let attempt = 1; attempt <= 2; attempt++) {
    const victim = await startVictim('folder', place);
    await victim.ended;
  }
  const run = () =>
    Promise.resolve({ response: { status: 200, headers: {}, body: Buffer.from('{}') } });
  const runner = new JobRunner({ queue, run, leaseMs: 1000, maxAttempts: 2 });
  runner.start();
  await until(async () => (await queue.get(poison.request.id))?.outcome !== undefined);
  await until(async () => (await queue.get(harmless.request.id))?.outcome !== undefined);
  await runner.close();
  expect((await queue.outcome(poison.request.id))?.reason).toContain('failed after 2 attempts');
});

test('after kill -9 the limits count the records on disk, and nothing else', async () => {
  const place = newFolder();
  const victim = await startVictim('folder', place);
  const clients = Promise.all(
    Array.from({ length: 4 }, async (_, client) => {
      for (let index = 0; ; index++) {
        const sent = fetch(victim.url, { method: 'POST', body: `${client}${index}` });
        const response = await sent.catch(() => undefined);
        if (response === undefined) return;
      }
    }),
  );
  const finished = (): readonly string[] => readdirSync(join(place, 'finished'));
  await until(() => finished().length > 10);
  await victim.kill();
  await clients;
  const pending = readdirSync(join(place, 'jobs'));
  // Every record here is smaller than a block.
  const bytes = 4096 * (pending.length + finished().length);

  const byJobs = await folderJobQueue(place, {
    maxJobs: pending.length + 1,
    maxJobsPerModel: pending.length + 1,
  });
  const { request } = await byJobs.enqueue(job('{}'));
  await expect(byJobs.enqueue(job('{}'))).rejects.toMatchObject({ code: 'ERR_JOBS_FULL' });
  await byJobs.cancel(request.id);
  expect(await byJobs.remove(request.id)).toBe(true);

  const maxBytes = bytes + 4096;
  const byBytes = await folderJobQueue(place, { maxBytes, maxBytesPerModel: maxBytes });
  await byBytes.enqueue(job('{}'));
  await expect(byBytes.enqueue(job('{}'))).rejects.toThrow(`its ${maxBytes} bytes`);
});
