import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { confirm } from '../../confirm.ts';
import {
  dryRunOption,
  jsonOption,
  parseSpan,
  registryOption,
  yesOption,
} from '../../options/shared-options.ts';
import { count, formatBytes } from '../../output/format-values.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { compactRollouts } from '../../rollout/compact-rollouts.ts';

/** Defines `fairlead model gc`. */
export function defineGcCommand(command: Command, context: CommandContext): void {
  command
    .option(
      '--grace <span>',
      'Keep files written less than this long ago (default: 24h)',
      parseSpan,
    )
    .addOption(yesOption)
    .addOption(registryOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (options) => {
      const { collectGarbage } = await import('@fairlead/registry/maintenance');
      // The library has its own dry run, which only reads.
      const { store } = await openRegistry(context, { registry: options.registry });
      await confirm(context, options, `permanently remove files from ${store.location}`);
      const report = await collectGarbage(store, {
        dryRun: options.dryRun === true,
        ...(options.grace !== undefined && { graceMs: options.grace }),
      });
      const counts = await compactRollouts(store, {
        now: context.io.now().getTime(),
        dryRun: options.dryRun === true,
        onError: (error) => {
          context.output.note(
            `fairlead: ${error instanceof Error ? error.message : String(error)}`,
          );
        },
      });
      const { removed, removedBytes, young, kept, leftovers, dryRun } = report;
      context.output.present(options, { ...report, counts }, () => [
        ...removed.map(
          (sha256) => `${dryRun ? 'would remove' : 'removed'}  blobs/sha256/${sha256}`,
        ),
        `${dryRun ? 'A dry run would remove' : 'Removed'} ${count(removed.length, 'file')} (${formatBytes(removedBytes)})` +
          `${dryRun ? '' : ` and ${count(leftovers, 'leftover')} of interrupted writes`}; ` +
          `${kept} are in use, ${young} are newer than the grace period.`,
        ...(counts.removed === 0
          ? []
          : [
              `${dryRun ? 'It would sum' : 'Summed'} up ${count(counts.removed, 'object')} with counts of rollouts.`,
            ]),
      ]);
    });
  addExamples(command, [
    ['Show what would be removed', 'fairlead model gc --dry-run'],
    ['Run it from cron', 'fairlead model gc --yes'],
  ]);
}
