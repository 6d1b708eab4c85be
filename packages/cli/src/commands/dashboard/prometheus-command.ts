import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { readNumbers } from '../../options/name-value.ts';
import { jsonOutputOption, limitOption } from './dashboard-options.ts';

/** Defines `fairlead dashboard prometheus`. */
export function definePrometheusCommand(command: Command, context: CommandContext): void {
  command
    .option('--job <job>', 'Name of the scrape job of the gateways', 'fairlead')
    .addOption(limitOption)
    .addOption(jsonOutputOption)
    .action(async ({ job, limit = [] }) => {
      const { prometheusRules } = await import('@fairlead/monitoring/dashboards');
      context.output.printJson(prometheusRules({ ...readNumbers('limit', limit), job }));
    });
  addExamples(command, [
    [
      'Into a file of rule_files: JSON is YAML too',
      'fairlead dashboard prometheus > fairlead.rules.yml',
    ],
    [
      'With other limits',
      'fairlead dashboard prometheus --limit latencySeconds=0.25 --limit failureShare=0.01',
    ],
  ]);
}
