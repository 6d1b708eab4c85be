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

/** Defines `fairlead model prune`. */
export function definePruneCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'name of the model')
    .requiredOption('--keep-last <count>', 'how many of the newest versions stay', parseCount)
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
        `let the files of all but the newest ${keepLast} versions of ${model} go`,
      );
      const { clock } = context.io;
      const audit = auditContext(context, options);
      const dryRun = options.dryRun === true;
      const report = await pruneVersions(store, model, { keepLast, dryRun, clock, ...audit });
      context.output.present(options, report, () => [
        `${dryRun ? 'A dry run would prune' : 'Pruned'} versions: ${list(report.pruned)}.`,
        `Pruned before: ${list(report.alreadyPruned)}. Kept because an alias means them, or did: ${list(report.keptByAlias)}.`,
        ...(dryRun || report.pruned.length === 0
          ? []
          : ['The next fairlead model gc removes the files that nothing else names.']),
      ]);
    });
  addExamples(command, [
    ['look first', 'fairlead model prune digits --keep-last 10 --dry-run'],
    ['from cron', 'fairlead model prune digits --keep-last 10 --yes'],
  ]);
}

function list(versions: readonly number[]): string {
  return versions.length === 0 ? 'none' : versions.join(', ');
}
