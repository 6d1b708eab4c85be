import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, registryOption } from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { readModel } from '../../registry/read-model.ts';
import { formatModel } from '../../registry/format-model.ts';
import { readVersion } from '../../registry/read-version.ts';
import { formatVersion } from '../../registry/format-version.ts';

/** Defines `fairlead model show`. */
export function defineShowCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'name of the model')
    .argument('[version]', 'number of a version, or an alias that means it')
    .option('--card', 'show the model card as well')
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (model, version, options) => {
      const { registry } = await openRegistry(context, options);
      if (version === undefined) {
        const found = await readModel(registry, model);
        context.output.present(options, found, () => formatModel(context.output, found));
        return;
      }
      const found = await readVersion(registry, model, version);
      context.output.present(options, found, () =>
        formatVersion(context.output, found, { card: options.card === true }),
      );
    });
  addExamples(command, [
    ['the versions of a model', 'fairlead model show digits'],
    ['what serves, with its model card', 'fairlead model show digits champion --card'],
    [
      'one metric, for a script',
      'fairlead model show digits 3 --json | jq .manifest.metrics.accuracy',
    ],
  ]);
}
