import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import { readPairs } from '../../options/name-value.ts';
import {
  actorOption,
  collect,
  dryRunOption,
  jsonOption,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { oneLine } from '../../output/plain-text.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { presentChange } from '../../registry/present-change.ts';

/** Defines `fairlead model tag`. */
export function defineTagCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('[name=value...]', 'Tags to set; replaces a tag of the same name')
    .option('--of <version>', 'Version number or alias (default: the model itself)')
    .option('--delete <name>', 'Tag to delete; repeatable', collect)
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, pairs, options) => {
      const tags = readPairs('tag', pairs);
      const deleted = options.delete ?? [];
      if (tags.size + deleted.length === 0) {
        throw new CliError('ERR_CLI_USAGE', 'no tag given: add name=value, or --delete <name>');
      }
      const opened = await openRegistry(context, options);
      const { registry } = opened;
      const version =
        options.of === undefined ? undefined : (await registry.resolve(model, options.of)).version;
      const audit = auditContext(context, options);
      const handle = registry.model(model);
      const tagged = version === undefined ? handle : handle.version(version);
      for (const [name, value] of tags) await tagged.setTag(name, value, audit);
      for (const name of deleted) await tagged.deleteTag(name, audit);
      const state = await registry.model(model).state();
      const now = version === undefined ? state.tags : (state.versions.get(version)?.tags ?? {});
      const subject = version === undefined ? model : `version ${version} of ${model}`;
      presentChange(context, opened, options, { model, version, tags: now }, () => [
        `Tags of ${subject}: ${Object.keys(now).length === 0 ? 'none' : ''}`.trimEnd(),
        ...Object.entries(now).map(([name, value]) => `  ${oneLine(name)}=${oneLine(value)}`),
      ]);
    });
  addExamples(command, [
    ['Tag a model', 'fairlead model tag digits owner=ada team=vision'],
    ['Tag a version', 'fairlead model tag digits stage=testing --of 3'],
    ['Delete a tag', 'fairlead model tag digits --delete stage --of 3'],
  ]);
}
