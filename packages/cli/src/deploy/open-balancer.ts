import type { Balancer } from '@fairlead/deploy';
import { openAwsClient } from '../aws/open-aws-client.ts';
import { CliError } from '../cli-error.ts';
import { errorCodeOf } from '../exit-code.ts';
import type { ReachableEnvironment } from '../hosts/read-hosts.ts';

/**
 * Opens the balancer of an environment; `undefined` without one. Instances of an Auto Scaling group are drained from each of its target
 * groups, such as those for HTTP and gRPC.
 *
 * @throws CliError `ERR_CLI_USAGE` when the AWS SDK isn't installed
 */
export async function openBalancer({
  environment,
  hostGroup,
}: ReachableEnvironment): Promise<Balancer | undefined> {
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
    const client = openAwsClient(ElasticLoadBalancingV2Client, region);
    const arns = new Set([balancer.arn, ...(hostGroup?.state.targetGroupArns ?? [])]);
    return inEach(
      [...arns].map((targetGroupArn) => targetGroupBalancer({ client, targetGroupArn })),
    );
  } catch (cause) {
    if (errorCodeOf(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new CliError(
      'ERR_CLI_USAGE',
      'a target group needs the AWS SDK: npm install @aws-sdk/client-elastic-load-balancing-v2',
      { cause },
    );
  }
}

/** Returns the function that finds out whether EC2 has ended an instance, by its target group; `undefined` without one. */
export async function openEndedTargets({
  environment: { balancer },
}: ReachableEnvironment): Promise<((id: string) => Promise<boolean>) | undefined> {
  if (balancer?.kind !== 'target-group') return undefined;
  const [, , , regionOfArn = ''] = balancer.arn.split(':');
  const { arn: targetGroupArn, region = regionOfArn } = balancer;
  const { ElasticLoadBalancingV2Client } =
    await import('@aws-sdk/client-elastic-load-balancing-v2');
  const { endedTargets } = await import('@fairlead/deploy/target-group');
  return endedTargets({ client: new ElasticLoadBalancingV2Client({ region }), targetGroupArn });
}

/** Returns several balancers as one: a host is drained, or ready, once it is at each of them. */
function inEach(balancers: readonly Balancer[]): Balancer {
  const forEach = async (work: (balancer: Balancer) => Promise<void>): Promise<void> => {
    // The answers of all of them: a request that is still open could undo what follows.
    const results = await Promise.allSettled(balancers.map(work));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };
  return {
    drain: (target, signal) => forEach((balancer) => balancer.drain(target, signal)),
    ready: (target, signal) => forEach((balancer) => balancer.ready(target, signal)),
  };
}
