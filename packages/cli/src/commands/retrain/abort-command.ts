import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { auditContext, type CommandContext } from '../../command-context.ts';
import {
  actorOption,
  jsonOption,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { openRetraining } from '../../retraining/open-retraining.ts';

/** Defines `fairlead retrain abort`. */
export function defineRetrainAbortCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { attempts } = await openRetraining(context, options, model);
      const { actor, reason = 'by hand' } = auditContext(context, options);
      const state = await attempts.abort({ actor, reason });
      const { number, rollout } = state;
      context.output.present(options, state, () => [
        `Attempt ${model}-${number} has ended: a training that runs is ended within seconds, or by the next "fairlead retrain run" if the command that started it was killed.`,
        ...(rollout === undefined
          ? []
          : [`Its rollout goes on: end it with "fairlead rollout abort ${model}".`]),
      ]);
    });
  addExamples(command, [
    ['End the attempt that runs', 'fairlead retrain abort iris -m "wrong labels"'],
  ]);
}
