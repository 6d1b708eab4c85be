import { Aws } from 'aws-cdk-lib';
import { Role, ServicePrincipal, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

import { acknowledgeRule } from '../nag/acknowledge.ts';
import type { Network } from '../network/network.ts';

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
