import type { Balancer } from '@fairlead/deploy';
import { CliError } from '../cli-error.ts';
import { errorCodeOf } from '../exit-code.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';

/**
 * Opens the balancer of an environment; `undefined` without one.
 *
 * @throws CliError `ERR_CLI_USAGE` when the AWS SDK isn't installed
 */
export async function openBalancer({
  environment,
}: ChosenEnvironment): Promise<Balancer | undefined> {
  const { balancer } = environment;
  if (balancer === undefined) return undefined;
  if (balancer.kind === 'haproxy') {
    const { haproxyBalancer } = await import('@fairlead/deploy/haproxy');
    return haproxyBalancer({ socket: balancer.socket, backend: balancer.backend });
  }
  const [, , , regionOfArn = ''] = balancer.arn.split(':');
  const { region = regionOfArn } = balancer;
  try {
    const { ElasticLoadBalancingV2Client } =
      await import('@aws-sdk/client-elastic-load-balancing-v2');
    const { targetGroupBalancer } = await import('@fairlead/deploy/target-group');
    const client = new ElasticLoadBalancingV2Client({ region });
    return targetGroupBalancer({ client, targetGroupArn: balancer.arn });
  } catch (cause) {
    if (errorCodeOf(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new CliError(
      'ERR_CLI_USAGE',
      'a target group needs the AWS SDK: npm install @aws-sdk/client-elastic-load-balancing-v2',
      { cause },
    );
  }
}
