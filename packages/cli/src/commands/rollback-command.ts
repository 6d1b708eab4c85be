import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../add-examples.ts';
import type { CommandContext } from '../command-context.ts';
import { confirm } from '../confirm.ts';
import { readConfig } from '../config/read-config.ts';
import { reportRollout, runRollout } from '../deploy/run-rollout.ts';
import { configOption, ENVIRONMENT, ENVIRONMENT_TEXT } from '../options/deploy-options.ts';
import { jsonOption, yesOption } from '../options/shared-options.ts';
import { count } from '../output/format-values.ts';

/** Defines `fairlead rollback`. */
export function defineRollbackCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(yesOption)
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const chosen = await readConfig(options.config, environment);
      const { json = false } = options;
      const where = `${count(chosen.environment.hosts.length, 'host')} of ${chosen.name}`;
      await confirm(context, options, `return ${where} to the release before`);
      const { rollBack } = await import('@fairlead/deploy');
      const rollout = await runRollout(context, { chosen, json, work: rollBack });
      const [first] = rollout.hosts;
      reportRollout(context, json, rollout, {
        activated: `Release ${first?.digest?.slice(0, 12) ?? ''} runs again on ${where}.`,
        unchanged: `Nothing was changed: ${where} run that release already.`,
      });
    });
  addExamples(command, [
    ['return to the release before', 'fairlead rollback production'],
    ['in CI', 'fairlead rollback production --yes --json'],
  ]);
}
