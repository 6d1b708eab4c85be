import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Rollout } from '@fairlead/deploy';
import { CliError } from '../cli-error.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { errorCodeOf } from '../exit-code.ts';

/**
 * Writes the release that all hosts have after a rollout into the parameter that new hosts read, if the environment has one.
 *
 * @throws CliError `ERR_CLI_USAGE` when the AWS SDK isn't installed; DeployError `ERR_DEPLOY_RELEASE_PARAMETER`
 */
export async function writeReleaseOf(
  { environment }: ChosenEnvironment,
  { outcome, hosts }: Rollout,
): Promise<void> {
  const { stack } = environment;
  const digest = hosts[0]?.digest;
  if (stack?.releaseParameter === undefined || digest === undefined) return;
  if (outcome !== 'activated' && outcome !== 'unchanged') return;
  const ssm = await clientOf(stack.region);
  try {
    const { writeReleaseParameter } = await import('@fairlead/deploy/ssm');
    await writeReleaseParameter({ ssm, name: stack.releaseParameter, digest });
  } finally {
    ssm.destroy();
  }
}

async function clientOf(region: string | undefined): Promise<SSMClient> {
  try {
    const aws = await import('@aws-sdk/client-ssm');
    return new aws.SSMClient(region === undefined ? {} : { region });
  } catch (cause) {
    if (errorCodeOf(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new CliError(
      'ERR_CLI_USAGE',
      'stack.releaseParameter needs the AWS SDK: npm install @aws-sdk/client-ssm',
      { cause },
    );
  }
}
