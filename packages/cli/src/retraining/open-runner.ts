import type { RetrainingPolicy, TrainingRunner } from '@fairlead/retraining';
import { openAwsClient } from '../aws/open-aws-client.ts';
import { withAwsSdk } from '../aws/with-aws-sdk.ts';
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
  const { batch } = training;
  return withAwsSdk(
    'trainings on AWS Batch need the AWS SDK: npm install @aws-sdk/client-batch @aws-sdk/client-s3',
    async () => {
      const { BatchClient } = await import('@aws-sdk/client-batch');
      const { S3Client } = await import('@aws-sdk/client-s3');
      const { batchRunner } = await import('@fairlead/retraining/batch');
      const clients = { batch: openAwsClient(BatchClient), s3: openAwsClient(S3Client) };
      return batchRunner({ ...clients, ...batch });
    },
    'ERR_CLI_NO_RUNTIME',
  );
}
