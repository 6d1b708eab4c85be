import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsTestConnection } from '@fairlead/test-support';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startCiStage, type CiStage } from './support/ci-project.ts';
import { run, runJson } from './support/fairlead.ts';
import { readWorkflow, runWorkflow, type Workflow } from './support/github-runner.ts';
import { environmentOf, readGitlabJobs, runGitlabJob } from './support/gitlab-runner.ts';
import { affineNext } from './support/models.ts';
import { prepareRetraining } from './support/retraining-place.ts';

type Steps = Awaited<ReturnType<typeof runWorkflow>>['steps'];

let stage: CiStage;

beforeAll(async () => {
  stage = await startCiStage();
  // For the commands of the tests; the pipelines have tokens only.
  vi.stubEnv('AWS_ENDPOINT_URL', stage.place.env.AWS_ENDPOINT_URL);
  vi.stubEnv('AWS_REGION', awsTestConnection.region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', awsTestConnection.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', awsTestConnection.credentials.secretAccessKey);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await stage.close();
});

const failed = (steps: Steps) => steps.filter(({ code }) => code !== 0);
/** Output of the last step, which failed if one did. */
const outputOf = (steps: Steps): string => steps.at(-1)?.output ?? '';
const workflowOf = (folder: string, name: string): Workflow =>
  readWorkflow(join(folder, '.github/workflows', name));

test('GitHub promotes a new version of a model only if it passes its gates, and nothing while it is unchanged', async () => {
  const folder = await stage.project('github');
  const workflow = workflowOf(folder, 'models.yml');
  const registry = stage.environment('production').FAIRLEAD_REGISTRY ?? '';
  const cli = { folder, env: { FAIRLEAD_REGISTRY: registry, FAIRLEAD_ACTOR: 'grace' } };
  await runJson(cli, 'registry', 'init');
  const first = await runWorkflow(workflow, stage.runner(folder));
  expect(failed(first.steps), outputOf(first.steps)).toEqual([]);
  expect(first.outputs.push).toEqual({ version: '1' });
  const champion = () => runJson(cli, 'model', 'show', 'house-price');
  expect(await champion()).toMatchObject({ aliases: { champion: 1 } });
  const history = await run(cli, 'model', 'history', 'house-price');
  expect(history.stdout).toContain('https://github.example/acme/shop/actions/runs/7');

  const unchanged = await runWorkflow(workflow, stage.runner(folder));
  expect([failed(unchanged.steps), unchanged.skipped]).toEqual([[], ['promote']]);

  await runJson(cli, 'model', 'gates', 'set', 'house-price', 'champion', 'rmse <= 0.001');
  const train = join(folder, 'train.ts');
  writeFileSync(train, readFileSync(train, 'utf8').replace('20 + 3 * area', '20 + 4 * area'));
  const gated = await runWorkflow(workflow, stage.runner(folder));
  expect(failed(gated.steps), outputOf(gated.steps)).toMatchObject([
    { job: 'push', name: 'Evaluate the gates' },
  ]);
  expect(gated.skipped).toEqual(['promote']);
  expect(gated.summary).toContain('rmse');
  expect(await champion()).toMatchObject({ aliases: { champion: 1 } });
});

test('GitHub retrains a model when its policy says so', async () => {
  const folder = await stage.project('github');
  const env = {
    FAIRLEAD_REGISTRY: join(folder, 'registry'),
    FAIRLEAD_CAPTURE_LOCATION: join(folder, 'captured'),
    FAIRLEAD_ACTOR: 'grace',
  };
  mkdirSync(join(folder, 'registry'));
  const place = { folder, env: { ...env, PATH: process.env.PATH ?? '' } };
  await prepareRetraining(place, { requests: 60, labeled: 60 });
  const output = '"$FAIRLEAD_TRAINING_OUTPUT"';
  const script = `cp ${affineNext} ${output}/model.onnx; echo '{"accuracy": 0.95}' > ${output}/metrics.json`;
  const policy = ['--on-labels', '100', '--no-rollout', '--format', 'csv', '--working-folder', '.'];
  const set = await run(place, 'retrain', 'policy', 'churn', ...policy, '--', 'sh', '-c', script);
  expect([set.exitCode, set.stderr]).toEqual([0, '']);
  const text = JSON.stringify(workflowOf(folder, 'retrain.yml')).replaceAll('house-price', 'churn');
  const workflow = JSON.parse(text) as Workflow;
  const due = await runWorkflow(workflow, stage.runner(folder, env));
  expect(failed(due.steps), outputOf(due.steps)).toEqual([]);
  expect(outputOf(due.steps)).toContain('churn-1: pushed');
  const again = await runWorkflow(workflow, stage.runner(folder, env));
  expect(failed(again.steps), outputOf(again.steps)).toEqual([]);
  expect(outputOf(again.steps)).not.toContain('pushed');
});

test('GitLab runs every job: one release to staging and production, a version of a model, and the retraining', async () => {
  stage.place.answer = '{"outputs":[1]}';
  const folder = await stage.project('gitlab');
  const jobs = readGitlabJobs(join(folder, '.gitlab-ci.yml'));
  const variables = stage.variables(folder);
  const registry = `s3://${stage.place.bucket}/gitlab`;
  await runJson({ folder, env: { FAIRLEAD_REGISTRY: registry } }, 'registry', 'init');
  const reports: Record<string, string> = {};
  const runJob = async (name: string) => {
    const job = jobs[name] ?? {};
    const environment = environmentOf(job);
    // A role and a token belong to an environment; two jobs of a group never overlap.
    expect([job.id_tokens !== undefined, job.resource_group !== undefined], name).toEqual([
      environment !== undefined,
      environment !== undefined,
    ]);
    const { code, output, report } = await runGitlabJob(job, {
      folder,
      env: {
        ...{ ...variables, ...stage.environment(environment), ...reports },
        ...{ FAIRLEAD_REGISTRY: registry, FAIRLEAD_CAPTURE_LOCATION: join(folder, 'captured') },
        ...{ FAIRLEAD_API_KEY: 'fl_key', AWS_TOKEN: 'header.payload.sig', WATCH: '0s' },
        ...{ GITLAB_USER_LOGIN: 'ada', CI_PIPELINE_ID: '7' },
        CI_PIPELINE_URL: 'https://gitlab.example/7',
      },
    });
    expect(code, `${name}: ${output}`).toBe(0);
    Object.assign(reports, report);
    return output;
  };
  const deployed = ['test', 'release', 'staging', 'production', 'push', 'promote'];
  for (const name of deployed) await runJob(name);
  expect(await stage.releases()).toEqual(Array(3).fill(reports.RELEASE));
  expect(reports.VERSION).toBe('1');
  const policy = ['--on-labels', '100', '--no-rollout', '--', 'true'];
  await run(
    { folder, env: { FAIRLEAD_REGISTRY: registry, FAIRLEAD_ACTOR: 'grace' } },
    ...['retrain', 'policy', 'house-price', ...policy],
  );
  mkdirSync(join(folder, 'captured'));
  await runJob('retrain');
  expect(Object.keys(jobs).toSorted()).toEqual([...deployed, 'retrain'].toSorted());
  for (const name of ['production', 'promote']) {
    expect(jobs[name]?.rules).toMatchObject([{ when: 'manual' }]);
  }
});
