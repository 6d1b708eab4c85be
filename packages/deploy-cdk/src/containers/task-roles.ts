import type { Deployment } from '@fairlead/deploy-config';
import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import type { Cache } from '../cache/cache.ts';
import { cacheSecrets } from '../cache/cache-secrets.ts';
import { acknowledgeRule } from '../nag/acknowledge.ts';
import type { Network } from '../network/network.ts';
import type { ContainersOptions } from './containers-options.ts';
import { imageStatements } from './image-statements.ts';
import { secretStatements } from './task-secrets.ts';

/** Creates a role of tasks, and their way to the services that its permissions are for. */
export function createTaskRole(
  scope: Construct,
  id: string,
  {
    network,
    statements,
  }: { readonly network: Network; readonly statements: readonly PolicyStatement[] },
): Role {
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  });
  for (const statement of statements) role.addToPolicy(statement);
  network.allowCalls(statements);
  return role;
}

/** Acknowledges the only wildcard of the role of ECS. */
export function acknowledgeExecutionRole(role: Role): void {
  acknowledgeRule(
    role,
    'IAM5[Resource::*]',
    'ecr:GetAuthorizationToken, which has no resources that a policy could name.',
  );
}

/** Returns the permissions of ECS: it pulls images, reads secrets, with the address of the cache, and writes logs. */
export function executionStatements(
  deployment: Deployment,
  options: ContainersOptions,
  { cache, logs }: { readonly cache: Cache | undefined; readonly logs: readonly LogGroup[] },
): readonly PolicyStatement[] {
  return [
    ...imageStatements(options),
    // The cache allows its secrets, with their key.
    ...secretStatements(deployment, cache === undefined ? [] : cacheSecrets(deployment)),
    ...(cache?.statements ?? []),
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      // A log stream follows the name of the group.
      resources: logs.map(({ logGroupArn }) => logGroupArn),
    }),
  ];
}
