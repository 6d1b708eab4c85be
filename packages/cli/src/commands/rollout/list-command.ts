import type { Command } from '@commander-js/extra-typings';
import type { RolloutState } from '@fairlead/rollout';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, registryOption } from '../../options/shared-options.ts';
import { formatTime } from '../../output/format-values.ts';
import { oneLine } from '../../output/plain-text.ts';
import { table } from '../../output/table.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { ROLLOUT_KINDS } from '../../rollout/rollout-kinds.ts';

/** Defines `fairlead rollout list`. */
export function defineRolloutListCommand(command: Command, context: CommandContext): void {
  command
    .option('--active', 'Leave out rollouts that have ended')
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (options) => {
      const { store } = await openRegistry(context, options);
      const { RolloutLog } = await import('@fairlead/rollout');
      const states: RolloutState[] = [];
      for (const { name: model, kind } of await store.list('rollouts')) {
        if (kind !== 'folder') continue;
        try {
          const state = await new RolloutLog({ objects: store, model }).latest();
          const isShown = options.active !== true || state?.status !== 'ended';
          if (state !== undefined && isShown) states.push(state);
        } catch (error) {
          // A damaged log hides no other one.
          context.output.note(
            `fairlead: ${oneLine(error instanceof Error ? error.message : String(error))}`,
          );
        }
      }
      context.output.present(options, states, () => {
        if (states.length === 0)
          return [`No rollout${options.active === true ? ' is active' : ''}.`];
        const [head = '', ...lines] = table(
          ['rollout', 'kind', 'version', 'against', 'status', 'step', 'since'],
          states.map(describe),
        );
        return [context.output.paint('faint', head), ...lines];
      });
    });
  addExamples(command, [
    ['The last rollout of each model', 'fairlead rollout list'],
    ['Those that gateways run now', 'fairlead rollout list --active'],
  ]);
}

function describe({ model, number, plan, status, result, step, entries }: RolloutState): string[] {
  const since = entries.findLast(({ type }) => type !== 'verdict')?.at ?? 0;
  return [
    `${oneLine(model)}-${number}`,
    ROLLOUT_KINDS[plan.kind],
    plan.candidate,
    plan.baseline,
    status === 'ended' ? String(result) : status,
    `${step + 1} of ${plan.steps.length}`,
    formatTime(new Date(since).toISOString()),
  ];
}
