import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, parseCount, registryOption } from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { formatTimeline } from '../../registry/format-timeline.ts';

/** Defines `fairlead model history`. */
export function defineHistoryCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'name of the model')
    .option('--alias <alias>', 'only what happened to this alias')
    .option('--limit <count>', 'only the last so many entries', parseCount)
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { registry } = await openRegistry(context, options);
      const { alias, limit } = options;
      // Refuses an alias that isn't there, and names those that are.
      if (alias !== undefined) await registry.history(model, alias);
      const all = (await registry.story(model)).filter(
        ({ source }) =>
          alias === undefined || (source.kind === 'alias' && source.record.alias === alias),
      );
      const story = limit === undefined ? all : all.slice(-limit);
      context.output.present(options, { model, story }, () =>
        formatTimeline(context.output, story),
      );
    });
  addExamples(command, [
    ['everything, oldest first', 'fairlead model history digits'],
    ['who changed what serves', 'fairlead model history digits --alias champion'],
  ]);
}
