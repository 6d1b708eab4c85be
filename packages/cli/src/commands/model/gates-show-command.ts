import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, registryOption } from '../../options/shared-options.ts';
import { table } from '../../output/table.ts';
import { openRegistry } from '../../registry/open-registry.ts';

/** Defines `fairlead model gates show`. */
export function defineGatesShowCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { registry } = await openRegistry(context, options);
      // Rejects an unknown model.
      await registry.resolve(model, 1);
      const { gates } = await registry.model(model).state();
      const guarded = [...gates].filter(([, policy]) => policy.gates.length > 0);
      const byAlias = Object.fromEntries(guarded.map(([alias, policy]) => [alias, policy.gates]));
      context.output.present(options, { model, gates: byAlias }, () =>
        guarded.length === 0
          ? [`No alias of ${model} has gates.`]
          : table(
              ['alias', 'gate'],
              guarded.flatMap(([alias, policy]) => policy.gates.map((gate) => [alias, gate])),
            ),
      );
    });
  addExamples(command, [['List the gates of digits', 'fairlead model gates show digits']]);
}
