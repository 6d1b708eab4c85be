import { Names, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Returns the name of the Auto Scaling group of hosts. CloudFormation doesn't choose it: user data and alarms have the name, and the group has both.
 *
 * @param scope Construct that has the hosts.
 * @param id Identifier of the hosts in it.
 */
export function hostGroupName(scope: Construct, id: string): string {
  const { stackName } = Stack.of(scope);
  return `${stackName}-${Names.uniqueResourceName(scope, { maxLength: 60 })}-${id}`;
}
