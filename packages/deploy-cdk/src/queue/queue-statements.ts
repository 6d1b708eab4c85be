import type { Deployment } from '@fairlead/deploy-config';
import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import { queueAddresses } from './queue-address.ts';

/** Requests of `sqsJobQueue` and of its check at the start. */
const ACTIONS = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
  'sqs:SendMessage',
];

/** Returns the permissions of hosts on the queues of the deployment, also on those that another stack creates. */
export function queueStatements(deployment: Deployment): PolicyStatement[] {
  const arns = queueAddresses(deployment).map(
    ({ region, account, name }) => `arn:${Aws.PARTITION}:sqs:${region}:${account}:${name}`,
  );
  return arns.length === 0 ? [] : [new PolicyStatement({ actions: ACTIONS, resources: arns })];
}
