import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOutputOption } from './dashboard-options.ts';

/** Defines `fairlead dashboard grafana`. */
export function defineGrafanaCommand(command: Command, context: CommandContext): void {
  command
    .option('--title <title>', 'Title', 'Fairlead')
    .option('--uid <uid>', 'Identifier: an import replaces the dashboard that has it', 'fairlead')
    .addOption(jsonOutputOption)
    .action(async ({ title, uid }) => {
      const { grafanaDashboard } = await import('@fairlead/monitoring/dashboards');
      context.output.printJson(grafanaDashboard({ title, uid }));
    });
  addExamples(command, [
    ['Into a file, to import or provision', 'fairlead dashboard grafana > dashboard.json'],
  ]);
}
