import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { CiRole, type CiRoleOptions } from '@fairlead/deploy-cdk';
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

it.each([
  ['github', '.github/aws-token.sh', /audience=([^"&]+)"/],
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
    expect(JSON.stringify(template.findResources('AWS::IAM::Role'))).toContain(
      `:aud":"${audience}"`,
    );
  },
);
