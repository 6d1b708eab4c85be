import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { dryRunOption, jsonOption, registryOption } from '../../options/shared-options.ts';
import { withObjectProgress } from '../../output/object-progress.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { formatImportReport } from '../../registry/format-import-report.ts';

/** Defines `fairlead model import`. */
export function defineImportCommand(command: Command, context: CommandContext): void {
  command
    .argument('<from>', 'Tar file, folder, or s3://bucket/prefix')
    .addOption(registryOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (from, options) => {
      const { importModels } = await import('@fairlead/registry/maintenance');
      const { store } = await openRegistry(context, { registry: options.registry });
      const report = await withObjectProgress(context.io, 'Importing', (onProgress) =>
        importModels(store, from, { dryRun: options.dryRun === true, onProgress }),
      );
      context.output.present(options, report, () => formatImportReport('Imported', report));
    });
  addExamples(command, [
    ['Check for conflicts', 'fairlead model import digits.tar --dry-run'],
    ['Import it', 'fairlead model import digits.tar'],
  ]);
}
