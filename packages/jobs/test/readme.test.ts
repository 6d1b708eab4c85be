import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import type { JobQueue, JobRunner, JobsErrorCode } from '@fairlead/jobs';

const folder = new URL('../', import.meta.url);

test("the README's example of at most 15 lines runs a job as it stands", async () => {
  const readme = readFileSync(new URL('README.md', folder), 'utf8');
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  mkdirSync(new URL('reports/', folder), { recursive: true });
  const file = new URL('reports/readme-example.ts', folder);
  const jobs = new URL(`reports/readme-jobs-${process.pid}`, folder);
  writeFileSync(file, code.replace("'./jobs'", JSON.stringify(jobs.pathname)));
  const { queue, runner } = (await import(/* @vite-ignore */ file.href)) as {
    queue: JobQueue;
    runner: JobRunner;
  };
  onTestFinished(async () => {
    await runner.close();
    rmSync(jobs, { recursive: true });
  });
  const body = Buffer.from('text');
  const { request } = await queue.enqueue({ path: '/', headers: {}, model: 'upper', body });
  const outcome = await until(() => queue.outcome(request.id));
  expect(String(outcome.response?.body)).toBe('TEXT');
});

test('every error code has its paragraph, and every paragraph its code', () => {
  const codes: Record<JobsErrorCode, true> = {
    ERR_JOBS_FULL: true,
    ERR_JOBS_IDEMPOTENCY_MISMATCH: true,
    ERR_JOBS_INVALID_OPTION: true,
    ERR_JOBS_OWNER_LIMIT: true,
    ERR_JOBS_TOO_LARGE: true,
  };
  const page = readFileSync(new URL('../../docs/errors/jobs.md', folder), 'utf8');
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual(Object.keys(codes).sort());
});
