import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { both } from '../../capture/both.ts';
import { capturesOption, openCaptures } from '../../capture/open-captures.ts';
import type { CommandContext } from '../../command-context.ts';
import { confirm } from '../../confirm.ts';
import { jsonOption, yesOption } from '../../options/shared-options.ts';
import { parseTime, timeOf } from '../../options/time-option.ts';
import { count } from '../../output/format-values.ts';

/** Defines `fairlead capture prune`. */
export function defineCapturePruneCommand(command: Command, context: CommandContext): void {
  command
    .requiredOption(
      '--before <time>',
      'Delete hours of requests, and days on which labels were received, that ended before: 2026-11-28, or an age such as 90d',
      parseTime,
    )
    .option('--model <model>', 'Only of this model')
    .addOption(capturesOption)
    .addOption(yesOption)
    .addOption(jsonOption)
    .action(async ({ before, model, ...options }) => {
      const objects = await openCaptures(context, options);
      const time = timeOf(before, context.io.now());
      const shown = new Date(time).toISOString();
      await confirm(
        context,
        options,
        `delete captured requests and labels before ${shown} from ${objects.location}`,
      );
      const { LabelStore, pruneCaptures } = await import('@fairlead/capture');
      const [captures, labels] = await both(
        pruneCaptures({
          ...{ objects, before: time },
          ...(model !== undefined && { model }),
        }),
        () => new LabelStore({ objects }).prune(time, model),
      );
      context.output.present(options, { captures, labels }, () => [
        `Deleted ${count(captures, 'file')} of captured requests and ${count(labels, 'file')} of labels before ${shown}.`,
      ]);
    });
  addExamples(command, [
    ['From cron', 'fairlead capture prune --before 90d --captures ./captured --yes'],
  ]);
}
