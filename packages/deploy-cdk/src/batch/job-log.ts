import type { Deployment } from '@fairlead/deploy-config';
import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import { retentionOf } from '../retention-days.ts';
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
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${Aws.REGION}.${Aws.URL_SUFFIX}`)],
      actions: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      // Of the key itself.
      resources: ['*'],
      conditions: {
        ArnEquals: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${name}`,
        },
      },
    }),
  );
  const logGroup = new LogGroup(scope, 'Log', {
    logGroupName: name,
    encryptionKey: key,
    retention: retentionOf('cloudWatch.retentionDays of the deployment', logDays ?? retentionDays),
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  return { key, logGroup };
}
