import type { RetrainingPolicy, TrainingRunner } from '@fairlead/retraining';
import { openAwsClient } from '../aws/open-aws-client.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';

/**
 * Opens the runner of a policy.
 *
 * @throws CliError `ERR_CLI_NO_RUNTIME` without the AWS SDK
 */
export async function openRunner(
  { io }: CommandContext,
  { training }: RetrainingPolicy,
): Promise<TrainingRunner> {
  const { processRunner } = await import('@fairlead/retraining');
  if (training.batch === undefined) {
    return processRunner({ env: io.env, keep: training.environment });
  }
  try {
    const { BatchClient } = await import('@aws-sdk/client-batch');
    const { S3Client } = await import('@aws-sdk/client-s3');
    const { batchRunner } = await import('@fairlead/retraining/batch');
    return batchRunner({
      ...{ batch: openAwsClient(BatchClient), s3: openAwsClient(S3Client) },
      ...training.batch,
    });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'))
      throw cause;
    throw new CliError(
      'ERR_CLI_NO_RUNTIME',
      'trainings on AWS Batch need the AWS SDK: npm install @aws-sdk/client-batch @aws-sdk/client-s3',
      { cause },
    );
  }
}
