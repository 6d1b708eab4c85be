import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { aliasOption, jsonOption, registryOption } from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { formatGates } from '../../registry/format-gates.ts';

/** Defines `fairlead model gates check`. */
export function defineGatesCheckCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('<version>', 'Version number or alias')
    .addOption(aliasOption)
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (model, aliasOrVersion, options) => {
      const { registry } = await openRegistry(context, options);
      const { alias } = options;
      const { version } = await registry.resolve(model, aliasOrVersion);
      const gates = await registry.checkGates(model, alias, version);
      const passed = gates.every((gate) => gate.passed);
      context.output.present(options, { model, alias, version, passed, gates }, () =>
        gates.length === 0
          ? [`"${alias}" of ${model} has no gates.`]
          : formatGates(context.output, gates),
      );
      if (passed) return;
      const failed = gates.filter((gate) => !gate.passed).length;
      throw new CliError(
        'ERR_CLI_CHECK_FAILED',
        `version ${version} of ${model} fails ${failed} of the ${gates.length} gates of "${alias}"`,
      );
    });
  addExamples(command, [['Does version 3 pass?', 'fairlead model gates check digits 3']]);
}
