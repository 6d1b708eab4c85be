import { access, constants } from 'node:fs/promises';
import { type Command, Option } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, parseSpan, registryOption } from '../../options/shared-options.ts';
import { count, formatBytes } from '../../output/format-values.ts';
import { fileError } from '../../read-file.ts';
import { openRegistry } from '../../registry/open-registry.ts';

const TWO_MINUTES_MS = 120_000;

/** Defines `fairlead registry drill`. */
export function defineDrillCommand(command: Command, context: CommandContext): void {
  command
    .option(
      '--work-folder <folder>',
      'Folder for the temporary backup and copy (default: that of the system)',
    )
    .addOption(
      new Option('--within <span>', 'Fail when it takes longer')
        .default(TWO_MINUTES_MS, '2m')
        .argParser(parseSpan),
    )
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (options) => {
      const { drillRestore } = await import('@fairlead/registry/maintenance');
      const { store } = await openRegistry(context, options);
      const { workFolder, within } = options;
      await checkWorkFolder(workFolder);
      const report = await drillRestore(store, { ...(workFolder !== undefined && { workFolder }) });
      const tookMs = report.backupMs + report.restoreMs;
      const ok = report.ok && tookMs <= within;
      context.output.present(options, { ...report, ok, withinMs: within }, () => [
        ...report.differing.map((key) => context.output.paint('bad', `differs  ${key}`)),
        ...report.problems.map(({ key, message }) =>
          context.output.paint('bad', `${key}: ${message}`),
        ),
        `Backed up in ${seconds(report.backupMs)}, restored and verified in ${seconds(report.restoreMs)}: ` +
          `${count(report.objects, 'object')} (${formatBytes(report.bytes)}), ` +
          (report.ok
            ? 'every byte identical.'
            : `${count(report.differing.length, 'object')} different.`),
      ]);
      if (ok) return;
      const why = report.ok
        ? `it took ${seconds(tookMs)}, longer than ${seconds(within)}`
        : 'the copy is different';
      throw new CliError('ERR_CLI_CHECK_FAILED', `the drill of ${store.location} failed: ${why}`);
    });
  addExamples(command, [
    ['Every week, in CI', 'fairlead registry drill --registry s3://models/prod'],
    ['A large registry', 'fairlead registry drill --work-folder /mnt/scratch --within 30m'],
  ]);
}

/** @throws CliError `ERR_CLI_FILE` when the folder is missing, is none, or can't be written */
async function checkWorkFolder(folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  // The slash: a file has no path below it.
  await access(`${folder}/`, constants.W_OK).catch((cause: unknown) => {
    throw fileError(folder, 'the work folder', cause);
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
