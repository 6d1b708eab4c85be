import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import { confirm } from '../../confirm.ts';
import {
  actorOption,
  dryRunOption,
  jsonOption,
  parseCount,
  reasonOption,
  registryOption,
  yesOption,
} from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { versionsInRollout } from '../../rollout/versions-in-rollout.ts';

/** Defines `fairlead model prune`. */
export function definePruneCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .requiredOption('--keep-last <count>', 'Number of newest versions to keep', parseCount)
    .addOption(yesOption)
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { pruneVersions } = await import('@fairlead/registry/maintenance');
      const { store } = await openRegistry(context, { registry: options.registry });
      const { keepLast } = options;
      await confirm(
        context,
        options,
        `prune all but the newest ${keepLast === 1 ? 'version' : `${keepLast} versions`} of ${model}`,
      );
      const now = context.io.now;
      const audit = auditContext(context, options);
      const dryRun = options.dryRun === true;
      const alsoKeep = await versionsInRollout(store, model);
      const report = await pruneVersions(store, model, {
        ...audit,
        keepLast,
        alsoKeep,
        dryRun,
        now,
      });
      context.output.present(options, report, () => [
        `${dryRun ? 'A dry run would prune' : 'Pruned'} versions: ${list(report.pruned)}.`,
        `Pruned before: ${list(report.alreadyPruned)}. Retained because an alias points to them, or did: ${list(report.keptByAlias)}.`,
        ...(alsoKeep.length === 0 ? [] : [`Retained because of a rollout: ${list(alsoKeep)}.`]),
        ...(dryRun || report.pruned.length === 0
          ? []
          : ['The next fairlead model gc removes the files that no other version refers to.']),
      ]);
    });
  addExamples(command, [
    ['Show what would be pruned', 'fairlead model prune digits --keep-last 10 --dry-run'],
    ['Run it from cron', 'fairlead model prune digits --keep-last 10 --yes'],
  ]);
}

function list(versions: readonly number[]): string {
  return versions.length === 0 ? 'none' : versions.join(', ');
}
