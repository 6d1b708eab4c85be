import { Option, type Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, parseCount, registryOption } from '../../options/shared-options.ts';
import { jsonText } from '../../output/json-text.ts';
import { formatRollout } from '../../rollout/format-rollout.ts';
import { openRolloutLog, readRollout } from '../../rollout/open-rollout-log.ts';
import { readVerdict } from '../../rollout/read-verdict.ts';
import { writeReport } from '../../write-report.ts';

/** Defines `fairlead rollout report`. */
export function defineRolloutReportCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .option('--number <count>', 'Number of the rollout (default: the last one)', parseCount)
    .addOption(
      new Option('--format <format>', 'Format of the report')
        .choices(['text', 'json', 'html'] as const)
        .default('text' as const),
    )
    .option('--out <file>', 'Write the report to a file')
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { store, log } = await openRolloutLog(context, options, model);
      const state = await readRollout(log, model, options.number);
      const rollout = await import('@fairlead/rollout');
      const reader = new rollout.CountsReader(store, state, (error) => {
        context.output.note(`fairlead: ${error instanceof Error ? error.message : String(error)}`);
      });
      const now = context.io.now().getTime();
      const verdict = await readVerdict(reader, state, now);
      const format = options.json === true ? 'json' : options.format;
      const text =
        format === 'html'
          ? rollout.rolloutHtml(state, verdict)
          : format === 'json'
            ? jsonText({ ...state, verdict })
            : formatRollout(context.output, { state, verdict, now, describe: rollout }).join('\n');
      await writeReport(context, text, options.out);
    });
  addExamples(command, [
    ['The last rollout of a model', 'fairlead rollout report digits'],
    ['As a page with pictures', 'fairlead rollout report digits --format html --out rollout.html'],
  ]);
}
