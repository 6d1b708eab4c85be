import { Aws } from 'aws-cdk-lib';
import { Role, ServicePrincipal, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

import { acknowledgeWildcards } from '../nag/acknowledge.ts';
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
  acknowledgeWildcards(role, statements);
  return role;
}
