import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, parseCount, registryOption } from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { withAttempts } from '../../retraining/retraining-timeline.ts';
import { withRollouts } from '../../rollout/rollout-timeline.ts';
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
      const { registry, store } = await openRegistry(context, options);
      const { alias, limit } = options;
      // Rejects an unknown alias, and names the existing ones.
      if (alias !== undefined) await registry.history(model, alias);
      const timeline = await registry.model(model).timeline();
      const all =
        alias === undefined
          ? await withAttempts(await withRollouts(timeline, store, model), store, model)
          : timeline.filter(
              ({ source }) => source.kind === 'alias' && source.record.alias === alias,
            );
      const story = limit === undefined ? all : all.slice(-limit);
      context.output.present(options, { model, story }, () =>
        formatTimeline(context.output, story),
      );
    });
  addExamples(command, [
    ['Everything, oldest first', 'fairlead model history digits'],
    ['Changes of the champion', 'fairlead model history digits --alias champion'],
  ]);
}
