import type { AutoScalingGroupInput, TargetHostInput } from '@fairlead/deploy-config';
import type { AutoScalingGroup, GroupState } from '@fairlead/deploy/auto-scaling';
import { openAwsClient } from '../aws/open-aws-client.ts';
import { withAwsSdk } from '../aws/with-aws-sdk.ts';
import type { CommandContext } from '../command-context.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { count } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';

/** Auto Scaling group of an environment, as it was when the command began. */
export interface HostGroup {
  readonly group: AutoScalingGroup;
  readonly state: GroupState;
  /** Time for instances that start during a deployment to come into service, in milliseconds. */
  readonly startTimeoutMs: number;
}

/** An environment whose hosts are known. */
export interface ReachableEnvironment extends ChosenEnvironment {
  readonly hosts: readonly TargetHostInput[];
  /** Group that the hosts are in; `undefined` if the configuration names them one by one. */
  readonly hostGroup: HostGroup | undefined;
}

/** Time of the lifecycle hook of `ModelService`. */
const START_TIMEOUT_MS = 900_000;

/**
 * Finds the hosts of an environment: those of the configuration, or the instances of its Auto Scaling group that are in service. Instances
 * whose first boot isn't finished are left out, because they get the release of the parameter.
 *
 * @throws DeployError `ERR_DEPLOY_GROUP`, `ERR_DEPLOY_GROUP_NOT_FOUND`, `ERR_DEPLOY_GROUP_EMPTY`; CliError `ERR_CLI_USAGE` without the
 * AWS SDK
 */
export async function readHosts(
  context: CommandContext,
  chosen: ChosenEnvironment,
): Promise<ReachableEnvironment> {
  const { hosts } = chosen.environment;
  if (!isGroup(hosts)) return { ...chosen, hosts, hostGroup: undefined };
  const { ssm } = chosen.environment;
  const region = hosts.region ?? ssm?.region;
  const group = await openGroup(hosts.autoScalingGroup, region);
  const state = await group.read();
  if (state.inService.length === 0) throw await noHosts(group.name, state);
  noteLeftOut(context, group.name, state);
  const { startTimeoutMs = START_TIMEOUT_MS } = hosts;
  return {
    ...chosen,
    environment: {
      ...chosen.environment,
      ...(ssm !== undefined && region !== undefined && { ssm: { ...ssm, region } }),
    },
    hosts: hostsOf(state.inService),
    hostGroup: { group, state, startTimeoutMs },
  };
}

/** Returns instances as hosts of Systems Manager. */
export function hostsOf(instances: readonly string[]): readonly TargetHostInput[] {
  return instances.map((id) => ({ url: `ssm://${id}` }));
}

/** Returns the ID of the instance that is a host. */
export function instanceOf(url: string): string {
  return url.replace(/^ssm:\/\//, '');
}

function isGroup(hosts: ChosenEnvironment['environment']['hosts']): hosts is AutoScalingGroupInput {
  return 'autoScalingGroup' in hosts;
}

async function openGroup(name: string, region: string | undefined): Promise<AutoScalingGroup> {
  return withAwsSdk(
    'hosts of an Auto Scaling group need the AWS SDK: npm install @aws-sdk/client-auto-scaling',
    async () => {
      const { AutoScalingClient } = await import('@aws-sdk/client-auto-scaling');
      const { AutoScalingGroup } = await import('@fairlead/deploy/auto-scaling');
      const client = openAwsClient(AutoScalingClient, region);
      return new AutoScalingGroup({ client, name });
    },
  );
}

async function noHosts(name: string, state: GroupState): Promise<Error> {
  const { DeployError } = await import('@fairlead/deploy');
  const found = leftOut(state);
  const instances =
    found.length === 0
      ? 'it has none: set its desired capacity'
      : `it has ${found.join(', ')}: wait until one is in service`;
  return new DeployError(
    'ERR_DEPLOY_GROUP_EMPTY',
    `The Auto Scaling group ${name} has no instance in service; ${instances}.`,
  );
}

function leftOut({ starting, others }: GroupState): readonly string[] {
  return [
    ...starting.map((id) => `${id} (starting)`),
    ...[...others].map(([id, state]) => `${id} (${state})`),
  ];
}

function noteLeftOut({ output }: CommandContext, name: string, state: GroupState): void {
  const found = leftOut(state);
  if (found.length === 0) return;
  const instances = count(found.length, 'instance');
  output.note(
    oneLine(`fairlead: ${instances} of ${name} not in service, left out: ${found.join(', ')}`),
  );
}
