import type { Balancer } from '@fairlead/deploy';
import type { TargetGroupInput } from '@fairlead/deploy-config';
import { openAwsClient } from '../aws/open-aws-client.ts';
import { withAwsSdk } from '../aws/with-aws-sdk.ts';
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
  const { client, library } = await openTargetGroup(balancer);
  const arns = new Set([balancer.arn, ...(hostGroup?.state.targetGroupArns ?? [])]);
  return inEach(
    [...arns].map((targetGroupArn) => library.targetGroupBalancer({ client, targetGroupArn })),
  );
}

/**
 * Returns the function that finds out whether EC2 has ended an instance, by its target group; `undefined` without one.
 *
 * @throws CliError `ERR_CLI_USAGE` when the AWS SDK isn't installed
 */
export async function openEndedTargets({
  environment: { balancer },
}: ReachableEnvironment): Promise<((id: string) => Promise<boolean>) | undefined> {
  if (balancer?.kind !== 'target-group') return undefined;
  const { client, library } = await openTargetGroup(balancer);
  return library.endedTargets({ client, targetGroupArn: balancer.arn });
}

async function openTargetGroup({ arn, region }: TargetGroupInput) {
  const [, , , regionOfArn = ''] = arn.split(':');
  return withAwsSdk(
    'a target group needs the AWS SDK: npm install @aws-sdk/client-elastic-load-balancing-v2',
    async () => {
      const { ElasticLoadBalancingV2Client } =
        await import('@aws-sdk/client-elastic-load-balancing-v2');
      const library = await import('@fairlead/deploy/target-group');
      return {
        client: openAwsClient(ElasticLoadBalancingV2Client, region ?? regionOfArn),
        library,
      };
    },
  );
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
    async isDrained(target) {
      const drained = balancers.map(async (balancer) => balancer.isDrained?.(target));
      return (await Promise.all(drained)).includes(true);
    },
  };
}
