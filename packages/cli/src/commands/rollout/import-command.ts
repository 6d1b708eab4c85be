import { randomBytes } from 'node:crypto';
import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { dryRunOption, jsonOption, registryOption } from '../../options/shared-options.ts';
import { count } from '../../output/format-values.ts';
import { readOutcomesFile } from '../../rollout/import-outcomes.ts';
import { openRolloutLog, readRollout } from '../../rollout/open-rollout-log.ts';

/** Defines `fairlead rollout import`. */
export function defineRolloutImportCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument(
      '<file>',
      'Table with a row for each outcome: .csv or .parquet with the columns key, metric, value and, optionally, at',
    )
    .addOption(registryOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, file, options) => {
      const { store, log } = await openRolloutLog(context, options, model);
      const state = await readRollout(log, model);
      if (state.status === 'ended' || state.plan.kind !== 'experiment') {
        throw new CliError(
          'ERR_CLI_USAGE',
          `${model} has no A/B test that runs: outcomes count until its end only`,
        );
      }
      const now = context.io.now().getTime();
      const outcomes = await readOutcomesFile(file, { plan: state.plan, now });
      const { storeOutcomes } = await import('@fairlead/rollout');
      const early = outcomes.filter(({ at }) => at < state.startedAt).length;
      if (options.dryRun !== true) {
        const writer = `import-${randomBytes(6).toString('hex')}`;
        await storeOutcomes(state, outcomes, { objects: store, writer, now });
      }
      const found = { outcomes: outcomes.length, counted: outcomes.length - early };
      context.output.present(options, { model, number: state.number, ...found }, () => [
        `${options.dryRun ? 'A dry run would import' : 'Imported'} ${count(found.counted, 'outcome')} for rollout ${model}-${state.number}.`,
        ...(early > 0 ? [`${early} of the file are from before its begin, and don't count.`] : []),
      ]);
    });
  addExamples(command, [
    ['Check a file', 'fairlead rollout import digits conversions.csv --dry-run'],
    ['Import it; again changes nothing', 'fairlead rollout import digits conversions.csv'],
  ]);
}
