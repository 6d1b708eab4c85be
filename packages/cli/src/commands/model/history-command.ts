import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, parseCount, registryOption } from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { formatTimeline } from '../../registry/format-timeline.ts';

/** Defines `fairlead model history`. */
export function defineHistoryCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .option('--alias <alias>', 'Show only changes of this alias')
    .option('--limit <count>', 'Show only the last entries', parseCount)
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { registry } = await openRegistry(context, options);
      const { alias, limit } = options;
      // Rejects an unknown alias, and names the existing ones.
      if (alias !== undefined) await registry.history(model, alias);
      const all = (await registry.model(model).timeline()).filter(
        ({ source }) =>
          alias === undefined || (source.kind === 'alias' && source.record.alias === alias),
      );
      const timeline = limit === undefined ? all : all.slice(-limit);
      context.output.present(options, { model, story: timeline }, () =>
        formatTimeline(context.output, timeline),
      );
    });
  addExamples(command, [
    ['Everything, oldest first', 'fairlead model history digits'],
    ['Changes of the champion', 'fairlead model history digits --alias champion'],
  ]);
}
