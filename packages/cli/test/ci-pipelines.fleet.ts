import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCiStage, type CiStage } from './support/ci-project.ts';
import { readWorkflow, runWorkflow, type Workflow } from './support/github-runner.ts';

type Steps = Awaited<ReturnType<typeof runWorkflow>>['steps'];

let stage: CiStage;

beforeAll(async () => {
  stage = await startCiStage();
});

afterAll(async () => {
  await stage.close();
});

const failed = (steps: Steps) => steps.filter(({ code }) => code !== 0);
/** Output of the last step, which failed if one did. */
const outputOf = (steps: Steps): string => steps.at(-1)?.output ?? '';
test('GitHub takes one release from the tests to production, which is not reached while staging answers wrongly', async () => {
  const { place, hosts } = stage;
  const folder = await stage.project('github');
  const workflow = readWorkflow(join(folder, '.github/workflows/deploy.yml'));
  const quick: Workflow = { ...workflow, env: { ...workflow.env, WATCH: '0s' } };
  place.answer = '{"error":"no model"}';
  const { test: _, ...jobs } = quick.jobs;
  const untested = { ...quick, jobs: { ...jobs, release: { ...jobs.release, needs: [] } } };
  const wrong = await runWorkflow(untested as Workflow, stage.runner(folder));
  expect(failed(wrong.steps), outputOf(wrong.steps)).toMatchObject([
    { job: 'staging', name: 'Golden predictions through the load balancer' },
  ]);
  expect(wrong.skipped).toEqual(['production']);
  const digest = wrong.outputs.release?.digest;
  expect([hosts.current('s1'), hosts.current('p1')]).toEqual([digest, undefined]);

  place.answer = '{"outputs":[1]}';
  const result = await runWorkflow(quick, stage.runner(folder));
  expect(failed(result.steps), outputOf(result.steps)).toEqual([]);
  // Every script of the workflow was run.
  const scripts = Object.values(quick.jobs).flatMap(({ steps }) =>
    steps.filter((step) => step.run),
  );
  expect(result.steps).toHaveLength(scripts.length);
  // The same sources are the same release, byte for byte.
  expect(result.outputs.release?.digest).toBe(digest);
  expect(['s1', 'p1', 'p2'].map((host) => hosts.current(host))).toEqual([digest, digest, digest]);
  expect(result.summary).toMatch(/Plan: 2 hosts to update/);
  expect(new Set(place.keys)).toEqual(new Set(['Bearer fl_staging', 'Bearer fl_production']));
  expect(new Set(place.audiences)).toEqual(new Set(['sts.amazonaws.com']));
}, 1_200_000);
