import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, registryOption } from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { readModel } from '../../registry/read-model.ts';
import { formatModel } from '../../registry/format-model.ts';
import { writeBaselinePage } from '../../registry/write-baseline-page.ts';
import { readVersion } from '../../registry/read-version.ts';
import { formatVersion } from '../../registry/format-version.ts';

/** Defines `fairlead model show`. */
export function defineShowCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('[version]', 'Version number or alias')
    .option('--card', 'Include the model card')
    .option('--html <file>', 'Write a page with pictures of the baseline')
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (model, version, options) => {
      const { registry } = await openRegistry(context, options);
      if (version === undefined) {
        if (options.html !== undefined) {
          throw new CliError('ERR_CLI_USAGE', '--html draws one version: add its number or alias');
        }
        const found = await readModel(registry, model);
        context.output.present(options, found, () => formatModel(context.output, found));
        return;
      }
      const found = await readVersion(registry, model, version);
      if (options.html !== undefined) await writeBaselinePage(options.html, found.manifest);
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
    ['Pictures of its baseline', 'fairlead model show digits champion --html baseline.html'],
    [
      'One metric, for a script',
      'fairlead model show digits 3 --json | jq .manifest.metrics.accuracy',
    ],
  ]);
}
