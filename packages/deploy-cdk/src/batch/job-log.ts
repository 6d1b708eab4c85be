import type { Deployment } from '@fairlead/deploy-config';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import { retentionOf } from '../retention-days.ts';
import { logKeyStatement } from '../watching/log-key-statement.ts';
import { taskLogGroups } from '../watching/task-log-groups.ts';

/** Creates the log group of trainings, with the beginning of the names of the others, and its key. */
export function createJobLog(
  scope: Construct,
  deployment: Deployment,
  logDays: number | undefined,
): { readonly key: Key; readonly logGroup: LogGroup } {
  const [{ name, retentionDays } = { name: '', retentionDays: 30 }] = taskLogGroups(deployment, [
    'training',
  ]);
  const key = new Key(scope, 'LogKey', {
    description: `Logs of trainings of ${deployment.name}`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  key.addToResourcePolicy(logKeyStatement([name]));
  const logGroup = new LogGroup(scope, 'Log', {
    logGroupName: name,
    encryptionKey: key,
    retention: retentionOf('cloudWatch.retentionDays of the deployment', logDays ?? retentionDays),
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  return { key, logGroup };
}
