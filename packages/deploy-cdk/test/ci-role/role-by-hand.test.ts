import { readFileSync } from 'node:fs';

import { App, Stack } from 'aws-cdk-lib';
import { expect, it } from 'vitest';

import { CiRole, Storage, type CiPermission } from '@fairlead/deploy-cdk';
import { storedDeployment } from '../support/stored-deployment.ts';

const page = readFileSync(new URL('../../../../docs/ci.md', import.meta.url), 'utf8');
const [, table = ''] = page.split('\nA role needs, ');

/** Actions of a role with one permission. */
function actionsOf(permission: CiPermission): readonly string[] {
  const stack = new Stack(new App(), 'Shop');
  const deployment = storedDeployment();
  const github = { repository: 'acme/shop', environment: 'production' };
  const arn = 'arn:aws:ssm:eu-central-1:111122223333:parameter/shop/release';
  const { statements } = new CiRole(stack, 'CiRole', {
    ...{ deployment, options: { github, permissions: [permission] } },
    storage: new Storage(stack, 'Storage', { deployment }),
    ...{ autoScalingGroup: 'shop', targetGroupArns: [arn], releaseParameterArn: arn },
    ...(permission === 'images' && { repositoryArns: [arn] }),
  });
  return statements.flatMap(({ actions }) => actions);
}

// Those of `models` are in the table of docs/registry-in-s3.md.
it.each(['stack', 'plan', 'releases', 'images', 'hosts'] as const)(
  'the table for a role by hand has every action of the permission %s',
  (permission) => {
    const actions = actionsOf(permission);
    expect(actions).not.toEqual([]);
    expect(actions.filter((action) => !table.includes(`\`${action}\``))).toEqual([]);
  },
);
