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
    .argument('<model>', 'name of the model')
    .argument('<alias>', 'the alias, such as champion')
    .argument('[gates...]', 'gates, each one text')
    .option('--none', 'guard it by none any more')
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .addHelpText(
      'after',
      `
A gate is one of
  accuracy >= 0.95              a metric, or what was measured, against a number
  accuracy >= champion - 0.01   the same against the version that an alias means now
  p99Ms <= 20                   names that end in Ms, and parity, count only when measured
  parity <= 1e-4                how far the export is from its original
  goldenExamples 3              at least so many, all of which came out right
  signatureCompatible           whoever calls the present version can call this one
  approvedBy 1                  so many people approved it, who pushed it not counted`,
    )
    .action(async (model, alias, gates, options) => {
      if ((gates.length === 0) !== (options.none === true)) {
        throw new CliError(
          'ERR_CLI_USAGE',
          'give the gates, each in quotes, or --none to remove them',
        );
      }
      const opened = await openRegistry(context, options);
      const event = await opened.registry.journal.setGates(
        model,
        alias,
        gates,
        auditContext(context, options),
      );
      const warnings = gates.length === 0 ? [] : await warningsOf(opened.registry, model, gates);
      const shown = { event, ...(warnings.length > 0 && { warnings }) };
      presentChange(context, opened, options, shown, () =>
        gates.length === 0
          ? [`"${alias}" of ${model} is guarded by nothing any more.`]
          : [
              `"${alias}" of ${model} is guarded by:`,
              ...gates.map((gate) => `  ${gate.trim()}`),
              ...warnings.map((warning) => `Warning: ${oneLine(warning)}`),
            ],
      );
    });
  addExamples(command, [
    [
      'guard what serves',
      'fairlead model gates set digits champion "accuracy >= 0.95" "parity <= 1e-4" signatureCompatible "approvedBy 1"',
    ],
    ['remove the guard', 'fairlead model gates set digits champion --none -m "trial is over"'],
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
