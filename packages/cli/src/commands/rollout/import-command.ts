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
      const { counted, uncounted } = await storeOutcomes(state, outcomes, {
        ...{ objects: store, now, dryRun: options.dryRun === true },
        writer: `import-${randomBytes(6).toString('hex')}`,
      });
      const found = { outcomes: outcomes.length, counted, uncounted };
      context.output.present(options, { model, number: state.number, ...found }, () => [
        `${options.dryRun ? 'A dry run would import' : 'Imported'} ${count(found.counted, 'outcome')} for rollout ${model}-${state.number}.`,
        ...uncounted.map(({ reason, outcomes: number }) => describeUncounted(reason, number)),
      ]);
    });
  addExamples(command, [
    ['Check a file', 'fairlead rollout import digits conversions.csv --dry-run'],
    ['Import it; again changes nothing', 'fairlead rollout import digits conversions.csv'],
  ]);
}

function describeUncounted(reason: string, outcomes: number): string {
  const [are, doNot] = outcomes === 1 ? ['is', "doesn't"] : ['are', "don't"];
  const of = `${count(outcomes, 'outcome')} of the file ${are}`;
  if (reason === 'before_start') return `${of} from before its start, and ${doNot} count.`;
  const users = outcomes === 1 ? 'a user' : 'users';
  return `${of} of ${users} to whom no answer is known, and ${doNot} count. Answers are known after a minute: import the file again then if the outcomes are recent.`;
}
