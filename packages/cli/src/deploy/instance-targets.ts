import { openAwsClient } from '../aws/open-aws-client.ts';
import { CliError } from '../cli-error.ts';
import type { ReachableEnvironment } from '../hosts/read-hosts.ts';
import { instanceOf } from '../hosts/read-hosts.ts';
import { errorCodeOf } from '../exit-code.ts';

/** Values that a filter of EC2 takes. */
const FILTER_VALUES = 200;

/** Parts of a `ReachableEnvironment` that decide the names of its hosts at the balancer. */
export interface InstancesBehindBalancer {
  readonly hosts: ReachableEnvironment['hosts'];
  /** Group that the hosts are in; `undefined` if the configuration names them one by one. */
  readonly hostGroup: object | undefined;
  readonly environment: Pick<ReachableEnvironment['environment'], 'balancer'>;
}

/** Names of hosts at the balancer, by their addresses. */
export type Targets = ReadonlyMap<string, string>;

/**
 * Finds the names that instances of an Auto Scaling group have at the target group: their IDs, or their addresses if its target type is
 * `ip`. Empty without a group or a target group. Needs `elasticloadbalancing:DescribeTargetGroups`, and `ec2:DescribeInstances` for
 * `ip`.
 *
 * @throws DeployError `ERR_DEPLOY_BALANCER`; CliError `ERR_CLI_USAGE` without the AWS SDK
 */
export async function instanceTargets({
  hosts,
  hostGroup,
  environment,
}: InstancesBehindBalancer): Promise<Targets> {
  const { balancer } = environment;
  if (hostGroup === undefined || balancer?.kind !== 'target-group') return new Map();
  const [, , , regionOfArn = ''] = balancer.arn.split(':');
  const { arn, region = regionOfArn } = balancer;
  const type = await describe(arn, () => targetType(arn, region));
  const ids = hosts.map(({ url }) => instanceOf(url));
  if (type === 'instance') return new Map(hosts.map(({ url }) => [url, instanceOf(url)]));
  const addresses = await describe(arn, () => addressesOf(ids, region));
  return new Map(
    hosts.flatMap(({ url }) => {
      const address = addresses.get(instanceOf(url));
      return address === undefined ? [] : [[url, address] as const];
    }),
  );
}

async function targetType(arn: string, region: string): Promise<'instance' | 'ip'> {
  const aws = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = openAwsClient(aws.ElasticLoadBalancingV2Client, region);
  try {
    const command = new aws.DescribeTargetGroupsCommand({ TargetGroupArns: [arn] });
    const { TargetGroups: [group] = [] } = await client.send(command);
    const { TargetType: type = 'unknown' } = { ...group };
    if (type === 'instance' || type === 'ip') return type;
    throw new Error(`its target type is ${type}, which no instance has`);
  } finally {
    client.destroy();
  }
}

/** Reads the private addresses of instances; one that was ended has none. */
async function addressesOf(ids: readonly string[], region: string): Promise<Targets> {
  const aws = await import('@aws-sdk/client-ec2');
  const client = openAwsClient(aws.EC2Client, region);
  const found = new Map<string, string>();
  try {
    for (let start = 0; start < ids.length; start += FILTER_VALUES) {
      const Values = ids.slice(start, start + FILTER_VALUES);
      const pages = aws.paginateDescribeInstances(
        { client },
        { Filters: [{ Name: 'instance-id', Values }] },
      );
      for await (const { Reservations = [] } of pages) {
        for (const { InstanceId, PrivateIpAddress } of Reservations.flatMap(
          ({ Instances = [] }) => Instances,
        )) {
          if (InstanceId !== undefined && PrivateIpAddress !== undefined) {
            found.set(InstanceId, PrivateIpAddress);
          }
        }
      }
    }
    return found;
  } finally {
    client.destroy();
  }
}

async function describe<T>(arn: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (errorCodeOf(cause) === 'ERR_MODULE_NOT_FOUND') {
      throw new CliError(
        'ERR_CLI_USAGE',
        'a target group needs the AWS SDK: npm install @aws-sdk/client-elastic-load-balancing-v2 @aws-sdk/client-ec2',
        { cause },
      );
    }
    const { DeployError } = await import('@fairlead/deploy');
    const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
    throw new DeployError(
      'ERR_DEPLOY_BALANCER',
      `The targets of ${arn} can't be found: ${name === 'Error' ? '' : `${name}: `}${message.replace(/\.$/, '')}. Allow elasticloadbalancing:DescribeTargetGroups, and ec2:DescribeInstances for targets that are addresses.`,
      { cause },
    );
  }
}
