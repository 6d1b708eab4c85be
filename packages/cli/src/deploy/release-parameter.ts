import type * as Ssm from '@aws-sdk/client-ssm';
import { openAwsClient } from '../aws/open-aws-client.ts';
import { withAwsSdk } from '../aws/with-aws-sdk.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { stackRegion } from './stack-region.ts';

/**
 * Writes the release that all hosts have into the parameter that new hosts read; returns whether the environment has one.
 *
 * @throws CliError `ERR_CLI_USAGE` when the AWS SDK isn't installed; DeployError `ERR_DEPLOY_RELEASE_PARAMETER`
 */
export async function writeReleaseOf(chosen: ChosenEnvironment, digest: string): Promise<boolean> {
  const { stack } = chosen.environment;
  if (stack?.releaseParameter === undefined) return false;
  const ssm = await clientOf(stackRegion(chosen));
  try {
    const { writeReleaseParameter } = await import('@fairlead/deploy/ssm');
    await writeReleaseParameter({ ssm, name: stack.releaseParameter, digest });
    return true;
  } finally {
    ssm.destroy();
  }
}

/**
 * Reads the release that new hosts start with; `undefined` if the environment has no parameter, or that is empty.
 *
 * @throws CliError `ERR_CLI_USAGE` when the AWS SDK isn't installed; DeployError `ERR_DEPLOY_RELEASE_PARAMETER`
 */
export async function readReleaseOf(chosen: ChosenEnvironment): Promise<string | undefined> {
  const { stack } = chosen.environment;
  if (stack?.releaseParameter === undefined) return undefined;
  const ssm = await clientOf(stackRegion(chosen));
  try {
    const { readReleaseParameter } = await import('@fairlead/deploy/ssm');
    return await readReleaseParameter({ ssm, name: stack.releaseParameter });
  } finally {
    ssm.destroy();
  }
}

async function clientOf(region: string | undefined): Promise<Ssm.SSMClient> {
  const problem = 'stack.releaseParameter needs the AWS SDK: npm install @aws-sdk/client-ssm';
  const { SSMClient } = await withAwsSdk(problem, () => import('@aws-sdk/client-ssm'));
  return openAwsClient(SSMClient, region);
}
