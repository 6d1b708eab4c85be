import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import type { ReachableEnvironment } from '../hosts/read-hosts.ts';
import { oneLine } from '../output/plain-text.ts';

/**
 * Requires that releases on the hosts may be changed in place: in an Auto Scaling group, new instances must get the release too, and
 * no instance refresh may replace them.
 *
 * @throws CliError `ERR_CLI_USAGE`; DeployError `ERR_DEPLOY_GROUP_REFRESHING`, `ERR_DEPLOY_GROUP`
 */
export async function requireDeployable(
  context: CommandContext,
  { name, environment, hostGroup }: ReachableEnvironment,
): Promise<void> {
  if (hostGroup === undefined) return;
  const { group, state } = hostGroup;
  if (environment.stack?.releaseParameter === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `the environment "${name}" has no stack.releaseParameter, so that new instances of ${group.name} would start with another release: set stack: { name, releaseParameter } to the parameter of updates: { kind: 'inPlace', parameter }; with immutable updates, set stack.command, such as ['npx', 'cdk', 'deploy', 'Shop']`,
    );
  }
  if (state.hasWarmPool) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `the Auto Scaling group ${group.name} has a warm pool, whose instances would come into service with the release of their first boot: remove it (aws autoscaling delete-warm-pool --auto-scaling-group-name ${group.name}), or use immutable updates`,
    );
  }
  const { balancer } = environment;
  const arn = balancer?.kind === 'target-group' ? balancer.arn : undefined;
  const { targetGroupArns } = state;
  if (arn !== undefined && targetGroupArns.length > 0 && !targetGroupArns.includes(arn)) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `balancer.arn of "${name}" is ${arn}, but the Auto Scaling group ${group.name} is in ${targetGroupArns.join(', ')}: its instances would get the requests of another service`,
    );
  }
  if (balancer === undefined && targetGroupArns.length > 0) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `the environment "${name}" has no balancer, but the Auto Scaling group ${group.name} is in ${targetGroupArns.join(', ')}: set balancer: { kind: 'target-group', arn }, so that a host is healthy there before the group checks it again`,
    );
  }
  await group.requireNoRefresh();
  const { processes = [] } = state.suspension ?? {};
  const others = state.suspendedProcesses.filter((each) => !processes.includes(each));
  if (others.length === 0) return;
  context.output.note(
    oneLine(
      `fairlead: suspended processes of ${group.name}: ${others.join(', ')}; they stay so, because no deployment suspended them`,
    ),
  );
}
