import { existsSync, readdirSync, statSync } from 'node:fs';
import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { confirm } from '../../confirm.ts';
import { dryRunOption, jsonOption, yesOption } from '../../options/shared-options.ts';
import { withObjectProgress } from '../../output/object-progress.ts';
import { count } from '../../output/format-values.ts';
import { formatImportReport } from '../../registry/format-import-report.ts';

/** Defines `fairlead registry restore`. */
export function defineRestoreCommand(command: Command, context: CommandContext): void {
  command
    .argument('<from>', 'Tar file, folder, or s3://bucket/prefix')
    .argument('<to>', 'New folder, or an empty prefix of a bucket')
    .addOption(yesOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (from, to, options) => {
      const { checkRestore, restoreRegistry } = await import('@fairlead/registry/maintenance');
      if (options.dryRun) {
        const planned = await checkRestore(from, to);
        context.output.present(options, planned, () => formatImportReport('Restored', planned));
        return;
      }
      if (hasContent(to)) await confirm(context, options, `write into ${to}, which is not empty`);
      const report = await withObjectProgress(context.io, 'Restoring', (onProgress) =>
        restoreRegistry(from, to, { onProgress }),
      );
      const { verified } = report;
      context.output.present(options, report, () => [
        ...formatImportReport('Restored', report),
        `Verified ${to}: ${verified.ok ? 'all intact' : count(verified.problems.length, 'problem')}.`,
      ]);
      if (verified.ok) return;
      throw new CliError(
        'ERR_CLI_CHECK_FAILED',
        `${to} was restored, but ${from} has ${count(verified.problems.length, 'damaged object')}: restore an older backup`,
      );
    });
  addExamples(command, [
    ['Into a new folder', 'fairlead registry restore backups/2030-01-31.tar ./restored'],
    [
      'Check a backup and show its content',
      'fairlead registry restore backups/2030-01-31.tar ./restored --dry-run',
    ],
  ]);
}

function hasContent(to: string): boolean {
  return existsSync(to) && statSync(to).isDirectory() && readdirSync(to).length > 0;
}
