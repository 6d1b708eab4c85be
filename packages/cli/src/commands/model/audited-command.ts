import type { Command } from '@commander-js/extra-typings';
import type { AuditContext, ModelEvent, ModelRegistry } from '@fairlead/registry';
import { addExamples, type Example } from '../../add-examples.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import type { DefineCommand } from '../../command-tree.ts';
import {
  actorOption,
  dryRunOption,
  jsonOption,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { presentChange } from '../../registry/present-change.ts';

/** A command that records one event of one version. */
export interface AuditedCommand {
  readonly examples: readonly Example[];
  readonly perform: (
    registry: ModelRegistry,
    model: string,
    version: number,
    audit: AuditContext,
  ) => Promise<ModelEvent>;
  /** Past tense of the command, with the version: `approved version 3`. */
  readonly done: (version: number) => string;
}

/** Makes the definition of a command that records one event of one version: `approve`, `archive`. */
export function auditedCommand({ examples, perform, done }: AuditedCommand): DefineCommand {
  return function defineAuditedCommand(command: Command, context: CommandContext) {
    command
      .argument('<model>', 'Model name')
      .argument('<version>', 'Version number or alias')
      .addOption(registryOption)
      .addOption(actorOption)
      .addOption(reasonOption)
      .addOption(dryRunOption)
      .addOption(jsonOption)
      .action(async (model, aliasOrVersion, options) => {
        const opened = await openRegistry(context, options);
        const { version } = await opened.registry.resolve(model, aliasOrVersion);
        const audit = auditContext(context, options);
        const event = await perform(opened.registry, model, version, audit);
        presentChange(context, opened, options, { event }, () => [
          `${event.actor} ${done(version)} of ${model}.`,
        ]);
      });
    addExamples(command, examples);
  };
}
