import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import { readNumbers } from '../../options/name-value.ts';
import {
  actorOption,
  collect,
  dryRunOption,
  jsonOption,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { readDocuments } from '../../read-documents.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { presentChange } from '../../registry/present-change.ts';
import { formatNumbers } from '../../registry/format-version.ts';

/** Defines `fairlead model measure`. */
export function defineMeasureCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('<version>', 'Version number or alias')
    .argument('<name=number...>', 'Measurements')
    .option('--document <file>', 'Report to store with the measurement; repeatable', collect)
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, aliasOrVersion, pairs, options) => {
      const numbers = readNumbers('measurement', pairs);
      const documents = await readDocuments(options.document ?? []);
      if (Object.keys(documents).length > 0 && Object.keys(numbers).length > 1) {
        throw new CliError(
          'ERR_CLI_USAGE',
          '--document needs exactly one measurement: record them one at a time',
        );
      }
      const opened = await openRegistry(context, options);
      const { version } = await opened.registry.resolve(model, aliasOrVersion);
      for (const [name, value] of Object.entries(numbers)) {
        const measurement = { name, value, documents, ...auditContext(context, options) };
        await opened.registry.model(model).version(version).measure(measurement);
      }
      presentChange(context, opened, options, { model, version, measured: numbers }, () => [
        `Recorded for version ${version} of ${model}:`,
        ...formatNumbers(numbers).map((line) => `  ${line}`),
      ]);
    });
  addExamples(command, [
    [
      'For the gate "p99Ms <= 20"',
      'fairlead model measure digits 3 p99Ms=12.5 -m "load test on c7i.large"',
    ],
    ['With a report', 'fairlead model measure digits 3 fairness=0.98 --document report.html'],
  ]);
}
