import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Deployment } from '@fairlead/deploy-config';
import { CiRole, ModelService, Storage, type CiRoleOptions } from '@fairlead/deploy-cdk';
import { storedDeployment } from '../support/stored-deployment.ts';

const bin = resolve(import.meta.dirname, '../../../cli/src/bin.ts');
const folders: Record<string, string> = {};

beforeAll(() => {
  for (const service of ['github', 'gitlab']) {
    // Inside of the package, where the dependencies of the project resolve.
    const folder = mkdtempSync(join(import.meta.dirname, '.pipelines-'));
    folders[service] = folder;
    execFileSync(
      process.execPath,
      ['--conditions=@fairlead/source', bin, 'init', '.', '--ci', service],
      { cwd: folder },
    );
  }
}, 60_000);

afterAll(() => {
  for (const folder of Object.values(folders)) rmSync(folder, { recursive: true, force: true });
});

const options = {
  github: { github: { repository: 'acme/shop', environment: 'production' } },
  gitlab: { gitlab: { project: 'acme/shop' } },
} as const satisfies Record<string, CiRoleOptions>;

const pipelines = { github: '.github/workflows/deploy.yml', gitlab: '.gitlab-ci.yml' } as const;

it.each([
  ['github', '.github/aws-credentials.sh', /audience=([^"&]+)"/],
  ['gitlab', '.gitlab-ci.yml', /aud: (.+)/],
] as const)(
  'the role of %s trusts the audience that the generated pipeline requests',
  (service, file, pattern) => {
    const audience = pattern.exec(readFileSync(join(folders[service] ?? '', file), 'utf8'))?.[1];
    expect(audience).toBeDefined();
    const stack = new Stack(new App(), 'Shop');
    new CiRole(stack, 'CiRole', {
      deployment: storedDeployment(),
      options: { ...options[service], permissions: ['stack'] },
    });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::IAM::OIDCProvider', { ClientIdList: [audience] });
    // A session that is longer than the role allows is refused; a job must end before its session.
    const texts = [file, pipelines[service]].map((path) =>
      readFileSync(join(folders[service] ?? '', path), 'utf8'),
    );
    const seconds = Number(/DurationSeconds=(\d+)/.exec(texts[0] ?? '')?.[1]);
    template.hasResourceProperties('AWS::IAM::Role', { MaxSessionDuration: seconds });
    const minutes = [...(texts[1] ?? '').matchAll(/timeout(?:-minutes)?: (\d+)/g)].map(([, text]) =>
      Number(text),
    );
    expect(minutes).not.toEqual([]);
    expect(Math.max(...minutes) * 60).toBeLessThan(seconds);
    expect(JSON.stringify(template.findResources('AWS::IAM::Role'))).toContain(
      `:aud":"${audience}"`,
    );
  },
);

interface Config {
  readonly deployment: Deployment;
  readonly environments: {
    readonly production: {
      readonly release: { readonly checks: readonly { readonly expected?: object }[] };
    };
  };
}

const configOf = async (service: string) =>
  (await import(join(folders[service] ?? '', 'fairlead.config.ts'))) as Config;

it('the deployment of a generated project is synthesized by the construct, with the permissions of its pipeline', async () => {
  const { deployment } = await configOf('github');
  const app = new App();
  const env = { account: '111122223333', region: 'eu-central-1' };
  const storage = new Storage(new Stack(app, 'Storage', { env }), 'Storage', { deployment });
  const { ciRole } = new ModelService(new Stack(app, 'Shop', { env }), 'Service', {
    ...{ deployment, storage },
    network: { internetAccess: 'nat' },
    balancer: { certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' },
    hosts: { instanceType: 'm7i.large' },
    updates: { kind: 'inPlace', parameter: '/shop/production/release' },
    release: { bucket: 'acme-deploy' },
    ciRole: { ...options.github, permissions: ['releases', 'hosts', 'models'] },
  });
  expect([...storage.buckets.keys()]).toEqual(['acme-models']);
  expect(JSON.stringify(ciRole?.statements)).toContain(':s3:::acme-models/shop/');
});

it('the checks of a generated project expect the prediction of its model', async () => {
  const { environments } = await configOf('github');
  const folder = folders.github ?? '';
  execFileSync(process.execPath, ['train.ts'], { cwd: folder });
  const { goldenExamples } = JSON.parse(
    readFileSync(join(folder, 'trained/metadata.json'), 'utf8'),
  ) as { readonly goldenExamples: readonly { readonly outputs: readonly object[] }[] };
  const [golden] = goldenExamples;
  const [check] = environments.production.release.checks;
  const value = (outputs: object | undefined) =>
    (outputs as { outputs: { data: number[] }[] } | undefined)?.outputs[0]?.data[0] ?? NaN;
  expect(value(check?.expected) / value(golden)).toBeCloseTo(1, 5);
  // The project of docs/aws.md has the same model.
  const page = readFileSync(resolve(import.meta.dirname, '../../../../docs/aws.md'), 'utf8');
  expect(page).toContain(`data: [${value(check?.expected)}]`);
});
