import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import { argued, NO_RESOURCES } from '../nag/acknowledge.ts';
import { bucketArn, keyStatement } from '../storage/host-statements.ts';
import type { TrainingLocation } from './training-location.ts';

/**
 * Returns the permissions to read and write below the location, which a job and the command that submits it both need.
 *
 * The list has the condition that permissions of hosts lack: nothing reads an object that may be missing.
 */
export function locationStatements(
  { bucket, prefix }: TrainingLocation,
  keyArn: string | undefined,
): readonly PolicyStatement[] {
  const arn = bucketArn(bucket);
  return [
    new PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [arn],
      conditions: { StringLike: { 's3:prefix': [`${prefix}/*`] } },
    }),
    argued(
      'Each training has a separate folder, which is created for it.',
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: [`${arn}/${prefix}/*`],
      }),
    ),
    ...(keyArn === undefined ? [] : [keyStatement(keyArn)]),
  ];
}

/** Names of the queue and of the job definition. */
export interface JobNames {
  readonly queue: string;
  readonly definition: string;
}

/**
 * Returns the permissions of `fairlead retrain` on jobs: submit this definition to this queue, find and read jobs, end them.
 *
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
 */
export function submitStatements({ queue, definition }: JobNames): readonly PolicyStatement[] {
  return [
    argued(
      'The policy of a model names no revision; AWS evaluates the one that it resolves to.',
      new PolicyStatement({
        actions: ['batch:SubmitJob'],
        resources: [
          batchArn(`job-queue/${queue}`),
          batchArn(`job-definition/${definition}`),
          batchArn(`job-definition/${definition}:*`),
        ],
      }),
    ),
    argued(
      'AWS chooses the id of a job.',
      new PolicyStatement({ actions: ['batch:TerminateJob'], resources: [batchArn('job/*')] }),
    ),
    argued(
      NO_RESOURCES,
      new PolicyStatement({ actions: ['batch:DescribeJobs', 'batch:ListJobs'], resources: ['*'] }),
    ),
  ];
}

function batchArn(resource: string): string {
  return `arn:${Aws.PARTITION}:batch:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
}
