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
    .argument('<model>', 'Model name')
    .argument('[version]', 'Version number or alias')
    .option('--card', 'Include the model card')
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
      const { formatBaseline } = await import('../../registry/format-baseline.ts');
      const baseline = await formatBaseline(found.manifest);
      context.output.present(options, found, () =>
        formatVersion(context.output, found, { card: options.card === true, baseline }),
      );
    });
  addExamples(command, [
    ['List the versions of a model', 'fairlead model show digits'],
    [
      'The version in production, with its model card',
      'fairlead model show digits champion --card',
    ],
    [
      'One metric, for a script',
      'fairlead model show digits 3 --json | jq .manifest.metrics.accuracy',
    ],
  ]);
}
