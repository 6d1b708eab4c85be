import type { Command } from '@commander-js/extra-typings';
import type { ModelRegistry } from '@fairlead/registry';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import {
  actorOption,
  dryRunOption,
  jsonOption,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { oneLine } from '../../output/plain-text.ts';
import { unknownMetrics } from '../../registry/unknown-metrics.ts';
import { presentChange } from '../../registry/present-change.ts';

/** Defines `fairlead model gates set`. */
export function defineGatesSetCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('<alias>', 'Alias, such as champion')
    .argument('[gates...]', 'Gates, each in quotes')
    .option('--none', 'Remove the gates')
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .addHelpText(
      'after',
      `
A gate is one of
  accuracy >= 0.95              a metric or a measurement against a number
  accuracy >= champion - 0.01   the same against the version that an alias points to
  p99Ms <= 20                   names that end in Ms need a measurement, as does parity
  parity <= 1e-4                maximum difference between the export and its original
  goldenExamples 3              at least 3 golden examples, all of which passed
  signatureCompatible           backward compatible with the current version
  approvedBy 1                  approved by at least 1 actor other than the pusher`,
    )
    .action(async (model, alias, gates, options) => {
      if ((gates.length === 0) !== (options.none === true)) {
        throw new CliError(
          'ERR_CLI_USAGE',
          'no gates given: add gates, each in quotes, or --none to remove them',
        );
      }
      const opened = await openRegistry(context, options);
      const event = await opened.registry
        .model(model)
        .setGates(alias, gates, auditContext(context, options));
      const warnings = gates.length === 0 ? [] : await warningsOf(opened.registry, model, gates);
      const shown = { event, ...(warnings.length > 0 && { warnings }) };
      presentChange(context, opened, options, shown, () =>
        gates.length === 0
          ? [`Removed the gates of "${alias}" of ${model}.`]
          : [
              `Gates of "${alias}" of ${model}:`,
              ...gates.map((gate) => `  ${gate.trim()}`),
              ...warnings.map((warning) => `Warning: ${oneLine(warning)}`),
            ],
      );
    });
  addExamples(command, [
    [
      'Set the gates of the champion',
      'fairlead model gates set digits champion "accuracy >= 0.95" "parity <= 1e-4" signatureCompatible "approvedBy 1"',
    ],
    ['Remove them', 'fairlead model gates set digits champion --none -m "end of the test"'],
  ]);
}

async function warningsOf(
  registry: ModelRegistry,
  model: string,
  gates: readonly string[],
): Promise<readonly string[]> {
  const { parseGate } = await import('@fairlead/registry');
  return unknownMetrics(registry, model, gates.map(parseGate));
}
