import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { readNumbers } from '../../options/name-value.ts';
import { collect } from '../../options/shared-options.ts';
import { jsonOutputOption, limitOption, namespaceOption } from './dashboard-options.ts';

/** Defines `fairlead dashboard alarms`. */
export function defineAlarmsCommand(command: Command, context: CommandContext): void {
  command
    .addOption(namespaceOption)
    .requiredOption('--model <model>', 'Model with two alarms (repeatable)', collect)
    .option('--action <arn>', 'ARN to notify, such as that of an SNS topic (repeatable)', collect)
    .option('--prefix <prefix>', 'Beginning of the names of the alarms', 'fairlead')
    .option('--host-namespace <namespace>', "Namespace of the CloudWatch agent's metrics")
    .option('--auto-scaling-group <name>', 'Auto Scaling group of the hosts')
    .option('--instance <id>', 'Host without such a group (repeatable)', collect)
    .option('--load-balancer <name>', 'End of its ARN: app/shop/50dc6c495c0c9188')
    .option('--target-group <name>', 'End of its ARN: targetgroup/shop/73e2d6bc24d8a067')
    .addOption(limitOption)
    .addOption(jsonOutputOption)
    .action(async (options) => {
      const { namespace, model, action, prefix, limit = [] } = options;
      const { cloudWatchAlarms } = await import('@fairlead/monitoring/dashboards');
      const hosts = readHosts(options);
      const loadBalancer = readLoadBalancer(options);
      context.output.printJson(
        cloudWatchAlarms({
          ...readNumbers('limit', limit),
          ...{ namespace, models: model, prefix },
          ...(action !== undefined && { actions: action }),
          ...(hosts !== undefined && { hosts }),
          ...(loadBalancer !== undefined && { loadBalancer }),
        }),
      );
    });
  addExamples(command, [
    [
      'Two models, with notifications',
      'fairlead dashboard alarms --namespace Fairlead --model digits --model churn --action arn:aws:sns:eu-central-1:123456789012:operations',
    ],
    [
      'With hosts; "aws cloudwatch put-metric-alarm" takes each alarm of the list',
      'fairlead dashboard alarms --namespace Fairlead --model digits --auto-scaling-group fairlead --limit latencyMs=250',
    ],
  ]);
}

interface HostOptions {
  readonly hostNamespace?: string | undefined;
  readonly autoScalingGroup?: string | undefined;
  readonly instance?: readonly string[] | undefined;
}

function readHosts({ hostNamespace, autoScalingGroup, instance }: HostOptions) {
  if (autoScalingGroup === undefined && instance === undefined) {
    if (hostNamespace === undefined) return undefined;
    throw new CliError(
      'ERR_CLI_USAGE',
      '--host-namespace needs the hosts: add --auto-scaling-group or --instance',
    );
  }
  return {
    ...(hostNamespace !== undefined && { namespace: hostNamespace }),
    ...(autoScalingGroup !== undefined && { autoScalingGroup }),
    ...(instance !== undefined && { instances: instance }),
  };
}

interface LoadBalancerOptions {
  readonly loadBalancer?: string | undefined;
  readonly targetGroup?: string | undefined;
}

function readLoadBalancer({ loadBalancer, targetGroup }: LoadBalancerOptions) {
  if (loadBalancer === undefined && targetGroup === undefined) return undefined;
  if (loadBalancer !== undefined && targetGroup !== undefined) return { loadBalancer, targetGroup };
  throw new CliError('ERR_CLI_USAGE', '--load-balancer and --target-group are given together');
}
