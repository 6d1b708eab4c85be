import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';

import { RECENT_LIST_MS } from '../recent-list.ts';

/** Options of {@link endedTargets}. */
export interface EndedTargetsOptions {
  /** Client of Elastic Load Balancing, with region and credentials. */
  readonly client: ElasticLoadBalancingV2Client;
  /** ARN of a target group whose targets are instances. */
  readonly targetGroupArn: string;
}

/** Reason of a target whose instance is stopped or terminated. */
const ENDED = 'Target.InvalidState';

/**
 * Returns a function that finds out whether an instance is stopped or terminated, by its registration in a target group. An Auto Scaling
 * group whose health checks are suspended doesn't notice that EC2 has ended one, such as a Spot instance. Nothing is known of an
 * instance that isn't registered, such as one that is drained. Needs `elasticloadbalancing:DescribeTargetHealth`, as `targetGroupBalancer`
 * does.
 *
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
 *
 * @example
 * ```ts
 * import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
 * import { endedTargets } from '@fairlead/deploy/target-group';
 *
 * const hasEnded = endedTargets({
 *   client: new ElasticLoadBalancingV2Client({ region: 'eu-central-1' }),
 *   targetGroupArn:
 *     'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef',
 * });
 * console.log(typeof hasEnded); // function
 * ```
 */
export function endedTargets({
  client,
  targetGroupArn: TargetGroupArn,
}: EndedTargetsOptions): (id: string) => Promise<boolean> {
  let recent: { readonly at: number; readonly ended: Promise<ReadonlySet<string>> } | undefined;
  const read = async (): Promise<ReadonlySet<string>> => {
    const { TargetHealthDescriptions = [] } = await client.send(
      new DescribeTargetHealthCommand({ TargetGroupArn }),
    );
    const ended = TargetHealthDescriptions.filter(
      ({ TargetHealth }) => TargetHealth?.Reason === ENDED,
    );
    return new Set(ended.flatMap(({ Target }) => Target?.Id ?? []));
  };
  return async (id) => {
    const now = performance.now();
    if (recent === undefined || now - recent.at > RECENT_LIST_MS)
      recent = { at: now, ended: read() };
    return (await recent.ended).has(id);
  };
}
