import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOutputOption, namespaceOption } from './dashboard-options.ts';

/** Defines `fairlead dashboard cloudwatch`. */
export function defineCloudWatchCommand(command: Command, context: CommandContext): void {
  command
    .addOption(namespaceOption)
    .requiredOption('--region <region>', 'Region of the metrics')
    .option('--host-namespace <namespace>', "Namespace of the CloudWatch agent's metrics")
    .addOption(jsonOutputOption)
    .action(async ({ namespace, region, hostNamespace }) => {
      const { cloudWatchDashboard } = await import('@fairlead/monitoring/dashboards');
      context.output.printJson(
        cloudWatchDashboard({
          ...{ namespace, region },
          ...(hostNamespace !== undefined && { hostNamespace }),
        }),
      );
    });
  addExamples(command, [
    [
      'Into a file, for "aws cloudwatch put-dashboard"',
      'fairlead dashboard cloudwatch --namespace Fairlead --region eu-central-1 > dashboard.json',
    ],
    [
      'With the hosts of a deployment that has cloudWatch',
      'fairlead dashboard cloudwatch --namespace Fairlead --region eu-central-1 --host-namespace Fairlead/Host',
    ],
  ]);
}
