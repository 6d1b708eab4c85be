import { join } from 'node:path';
import { canBootFleet } from '@fairlead/fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startCiFleet, type CiFleet } from './support/ci-fleet.ts';
import { startCiStage, type CiStage } from './support/ci-project.ts';
import { readWorkflow, runWorkflow, type Workflow } from './support/github-runner.ts';
import { environmentOf, readGitlabJobs, runGitlabJob } from './support/gitlab-runner.ts';

type Steps = Awaited<ReturnType<typeof runWorkflow>>['steps'];

const failed = (steps: Steps) => steps.filter(({ code }) => code !== 0);
/** Output of the last step, which failed if one did. */
const outputOf = (steps: Steps): string => steps.at(-1)?.output ?? '';
/** As `staging` and `production` in the order of the releases of a stage. */
const onAll = (digest: string | undefined) => [digest, digest, digest];

describe.skipIf(!canBootFleet())('pipelines of Debian hosts on AWS', () => {
  let fleet: CiFleet;
  let stage: CiStage;

  beforeAll(async () => {
    fleet = await startCiFleet();
    stage = await startCiStage(fleet);
  });

  afterAll(async () => {
    await stage.close();
    await fleet.close();
  });

  beforeEach(() => {
    stage.place.audiences.splice(0);
  });

  test('of GitHub take one release from the tests to production, which is not reached while the load balancer of staging does not answer', async () => {
    const folder = await stage.project('github');
    const workflow = readWorkflow(join(folder, '.github/workflows/deploy.yml'));
    const quick: Workflow = { ...workflow, env: { ...workflow.env, WATCH: '1s' } };
    const unanswered = await runWorkflow(quick, stage.runner(folder));
    expect(failed(unanswered.steps), outputOf(unanswered.steps)).toMatchObject([
      { job: 'staging', name: 'Golden predictions through the load balancer' },
    ]);
    expect(unanswered.skipped).toEqual(['production']);
    const digest = unanswered.outputs.release?.digest;
    expect(await stage.releases()).toEqual([digest, undefined, undefined]);

    await fleet.balancers.staging.ready(fleet.staging);
    const result = await runWorkflow(quick, stage.runner(folder));
    expect(failed(result.steps), outputOf(result.steps)).toEqual([]);
    // Every script of the workflow was run.
    const scripts = Object.values(quick.jobs).flatMap(({ steps }) =>
      steps.filter((step) => step.run),
    );
    expect(result.steps).toHaveLength(scripts.length);
    // The same sources are the same release, byte for byte.
    expect(result.outputs.release?.digest).toBe(digest);
    expect(await stage.releases()).toEqual(onAll(digest));
    expect(await fleet.targets()).toEqual(['healthy', 'healthy']);
    expect(result.summary).toMatch(/Plan: 2 hosts to update/);
    expect(new Set(stage.place.audiences)).toEqual(new Set(['sts.amazonaws.com']));
  });

  test('of GitLab take one release to staging and production', async () => {
    const folder = await stage.project('gitlab');
    const jobs = readGitlabJobs(join(folder, '.gitlab-ci.yml'));
    const variables = stage.variables(folder);
    const reports: Record<string, string> = {};
    for (const name of ['test', 'release', 'staging', 'production']) {
      const job = jobs[name] ?? {};
      const env = {
        ...{ ...variables, ...stage.environment(environmentOf(job)), ...reports },
        ...{ FAIRLEAD_API_KEY: 'fl_key', AWS_TOKEN: 'header.payload.sig', WATCH: '1s' },
        ...{ GITLAB_USER_LOGIN: 'ada', CI_PIPELINE_ID: '7' },
        CI_PIPELINE_URL: 'https://gitlab.example/7',
      };
      const enter = (argv: readonly string[]) => stage.enter(argv);
      const { code, output, report } = await runGitlabJob(job, { folder, env, enter });
      expect(code, `${name}: ${output}`).toBe(0);
      Object.assign(reports, report);
    }
    expect(reports.RELEASE).toMatch(/^[0-9a-f]{64}$/);
    expect(await stage.releases()).toEqual(onAll(reports.RELEASE));
    expect(await fleet.targets()).toEqual(['healthy', 'healthy']);
  });
});
