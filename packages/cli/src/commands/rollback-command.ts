import type { Command } from '@commander-js/extra-typings';
import type { Rollout } from '@fairlead/deploy';
import { addExamples } from '../add-examples.ts';
import type { CommandContext } from '../command-context.ts';
import { readConfig } from '../config/read-config.ts';
import { audited } from '../deploy/audited.ts';
import { confirmEnvironment, environmentNamed } from '../deploy/confirm-environment.ts';
import { openReleases } from '../deploy/open-releases.ts';
import { reportRollout, runRollout } from '../deploy/run-rollout.ts';
import { writeReleaseOf } from '../deploy/write-release-parameter.ts';
import {
  auditActorOption,
  auditReasonOption,
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  yesEnvironmentOption,
} from '../options/deploy-options.ts';
import { jsonOption } from '../options/shared-options.ts';
import { count } from '../output/format-values.ts';

/** Defines `fairlead rollback`. */
export function defineRollbackCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(auditActorOption)
    .addOption(auditReasonOption)
    .addOption(yesEnvironmentOption)
    .addOption(jsonOption)
    .action(async (named, options) => {
      const { yes, json = false } = options;
      const chosen = await readConfig(options.config, environmentNamed(named, yes));
      const where = `${count(chosen.environment.hosts.length, 'host')} of ${chosen.name}`;
      await confirmEnvironment(
        context,
        { chosen, named, yes },
        `return ${where} to the release before`,
      );
      const { rollBack } = await import('@fairlead/deploy');
      const store = await openReleases(chosen);
      const rollout = await audited(
        context,
        {
          ...{ chosen, store, command: 'rollback', by: options },
          resultOf: ({ outcome, hosts }: Rollout) => ({ outcome, release: hosts[0]?.digest }),
        },
        async () => {
          const result = await runRollout(context, { chosen, json, work: rollBack });
          await writeReleaseOf(chosen, result);
          return result;
        },
      );
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
