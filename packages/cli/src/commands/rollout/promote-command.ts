import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import { auditContext, type CommandContext } from '../../command-context.ts';
import {
  actorOption,
  jsonOption,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { openRolloutLog, readRollout } from '../../rollout/open-rollout-log.ts';

/** Defines `fairlead rollout promote`. */
export function defineRolloutPromoteCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { registry, log } = await openRolloutLog(context, options, model);
      const { plan, status } = await readRollout(log, model);
      if (status === 'ended' || plan.kind === 'shadow') {
        const why = status === 'ended' ? 'the last rollout has ended' : 'a shadow is not promoted';
        throw new CliError(
          'ERR_CLI_USAGE',
          `${why}: use "fairlead model promote ${model} ${plan.candidate}"`,
        );
      }
      const audit = auditContext(context, options);
      const { actor, reason = 'promoted by hand' } = audit;
      // The intent first, as gateways do, so that nothing else ends the rollout; one that finds the alias changed records the end.
      await log.change({ type: 'promoting', actor, reason });
      try {
        await registry.setAlias(model, plan.alias, Number(plan.candidate), {
          ...{ actor, reason },
          expected: Number(plan.baseline),
        });
      } catch (error) {
        const { rejectedPromotion } = await import('@fairlead/rollout');
        await log.change(rejectedPromotion(error, actor));
        throw error;
      }
      const state = await log
        .change({ type: 'ended', result: 'promoted', actor, reason })
        .catch(async (error: unknown) => {
          const latest = await readRollout(log, model);
          if (latest.result === 'promoted') return latest;
          throw error;
        });
      context.output.present(options, state, () => [
        `"${plan.alias}" of ${model} points to version ${plan.candidate} now; rollout ${model}-${state.number} has ended.`,
      ]);
    });
  addExamples(command, [
    [
      'Give everybody the candidate, before the plan does',
      'fairlead rollout promote digits -m "fixes the outage"',
    ],
  ]);
}
