import type { Command } from '@commander-js/extra-typings';
import type { RolloutChange } from '@fairlead/rollout';
import { addExamples } from '../../add-examples.ts';
import { auditContext, type CommandContext } from '../../command-context.ts';
import {
  actorOption,
  jsonOption,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { openRolloutLog } from '../../rollout/open-rollout-log.ts';

/** Defines `fairlead rollout pause`. */
export function defineRolloutPauseCommand(command: Command, context: CommandContext): void {
  defineChange(command, context, { type: 'paused' }, 'is paused: its share stays as it is');
  addExamples(command, [
    ['Keep the share over the weekend', 'fairlead rollout pause digits -m weekend'],
  ]);
}

/** Defines `fairlead rollout resume`. */
export function defineRolloutResumeCommand(command: Command, context: CommandContext): void {
  defineChange(command, context, { type: 'resumed' }, 'continues');
  addExamples(command, [['Continue', 'fairlead rollout resume digits']]);
}

/** Defines `fairlead rollout abort`. */
export function defineRolloutAbortCommand(command: Command, context: CommandContext): void {
  const end = { type: 'ended', result: 'aborted' } as const;
  defineChange(command, context, end, 'has ended: gateways send the candidate no further request');
  addExamples(command, [
    ['Everybody back to the champion', 'fairlead rollout abort digits -m "odd answers"'],
  ]);
}

function defineChange(
  command: Command,
  context: CommandContext,
  change: RolloutChange,
  outcome: string,
): void {
  command
    .argument('<model>', 'Model name')
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { log } = await openRolloutLog(context, options, model);
      const { actor, reason = 'by hand' } = auditContext(context, options);
      const state = await log.change({ ...change, actor, reason });
      context.output.present(options, state, () => [
        `Rollout ${model}-${state.number} of version ${state.plan.candidate} ${outcome}.`,
      ]);
    });
}
