import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import {
  actorOption,
  dryRunOption,
  jsonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { presentChange } from '../../registry/present-change.ts';

/** Defines `fairlead model note`. */
export function defineNoteCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('<text>', 'Text of the note')
    .option('--of <version>', 'Version number or alias (default: the model itself)')
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, text, options) => {
      const opened = await openRegistry(context, options);
      const { registry } = opened;
      const version =
        options.of === undefined ? undefined : (await registry.resolve(model, options.of)).version;
      const handle = registry.model(model);
      const subject = version === undefined ? handle : handle.version(version);
      const event = await subject.note(text, auditContext(context, options));
      presentChange(context, opened, options, { event }, () => [
        `Added a note to ${version === undefined ? model : `version ${version} of ${model}`}.`,
      ]);
    });
  addExamples(command, [
    [
      'Add a note to the champion',
      'fairlead model note digits "slow on the old hosts, see the runbook" --of champion',
    ],
  ]);
}
