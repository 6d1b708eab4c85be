import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { dryRunOption, jsonOption, registryOption } from '../../options/shared-options.ts';
import { withObjectProgress } from '../../output/object-progress.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { formatExportReport } from '../../registry/format-export-report.ts';

/** Defines `fairlead registry backup`. */
export function defineBackupCommand(command: Command, context: CommandContext): void {
  command
    .argument('<to>', 'New file (registry.tar), folder, or s3://bucket/prefix')
    .addOption(registryOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (to, options) => {
      const { backupRegistry } = await import('@fairlead/registry/maintenance');
      const { store } = await openRegistry(context, { registry: options.registry });
      const dryRun = options.dryRun === true;
      const report = await withObjectProgress(context.io, 'Backing up', (onProgress) =>
        backupRegistry(store, to, { dryRun, onProgress }),
      );
      context.output.present(options, report, () => formatExportReport('Backed up', report));
    });
  addExamples(command, [
    ['Into a file', 'fairlead registry backup backups/2030-01-31.tar'],
    [
      'Incrementally, into a bucket in another region',
      'fairlead registry backup s3://models-backup/prod',
    ],
  ]);
}
