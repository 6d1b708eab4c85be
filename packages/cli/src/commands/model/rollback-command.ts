import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import {
  actorOption,
  aliasOption,
  dryRunOption,
  expectedVersion,
  expectOption,
  jsonOption,
  parseCount,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { presentChange } from '../../registry/present-change.ts';

/** Defines `fairlead model rollback`. */
export function defineRollbackCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .addOption(aliasOption)
    .option('--steps <count>', 'Number of changes to go back', parseCount, 1)
    .addOption(expectOption)
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const opened = await openRegistry(context, options);
      const { alias, steps, expect } = options;
      const entry = await opened.registry.rollback(model, alias, {
        ...auditContext(context, options),
        steps,
        ...expectedVersion(expect),
      });
      presentChange(context, opened, options, { entry }, () => [
        `"${alias}" of ${model} points to version ${entry.version} again (before: ${entry.previous ?? 'none'}).`,
      ]);
    });
  addExamples(command, [
    [
      'Return to the previous version',
      'fairlead model rollback digits -m "more errors since 14:00"',
    ],
    ['Only if version 7 is in production', 'fairlead model rollback digits --expect 7'],
    ['Show which version that would be', 'fairlead model rollback digits --dry-run'],
  ]);
}
