import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { dryRunOption, jsonOption, registryOption } from '../../options/shared-options.ts';
import { withObjectProgress } from '../../output/object-progress.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { formatExportReport } from '../../registry/format-export-report.ts';

/** Defines `fairlead model export`. */
export function defineExportCommand(command: Command, context: CommandContext): void {
  command
    .argument('<to>', 'New file (models.tar), folder, or s3://bucket/prefix')
    .argument('[models...]', 'Model names (default: all)')
    .addOption(registryOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (to, models, options) => {
      const { exportModels } = await import('@fairlead/registry/maintenance');
      const { store } = await openRegistry(context, { registry: options.registry });
      const report = await withObjectProgress(context.io, 'Exporting', (onProgress) =>
        exportModels(store, to, {
          ...(models.length > 0 && { models }),
          dryRun: options.dryRun === true,
          onProgress,
        }),
      );
      context.output.present(options, report, () => formatExportReport('Exported', report));
    });
  addExamples(command, [
    ['Export one model', 'fairlead model export digits.tar digits'],
    [
      'Copy a model from a folder to a bucket',
      'fairlead model export s3://models/prod digits --registry ./registry',
    ],
  ]);
}
