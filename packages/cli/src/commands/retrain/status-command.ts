import type { Command } from '@commander-js/extra-typings';
import type { RetrainingDecision } from '@fairlead/retraining';
import { addExamples } from '../../add-examples.ts';
import { capturesOption, openCaptures } from '../../capture/open-captures.ts';
import { auditContext, type CommandContext } from '../../command-context.ts';
import { jsonOption, parseCount, registryOption } from '../../options/shared-options.ts';
import { formatAttempt, formatDecision, formatPolicy } from '../../retraining/format-retraining.ts';
import { openRetraining } from '../../retraining/open-retraining.ts';
import { readFacts } from '../../retraining/read-facts.ts';

/** Defines `fairlead retrain status`. */
export function defineRetrainStatusCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .option('--limit <count>', 'Show so many attempts, the last ones (default: 1)', parseCount)
    .addOption(capturesOption)
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      // Verdicts on drift are stored by the next run.
      const opened = await openRetraining(context, { ...options, dryRun: true }, model);
      const stored = await opened.policies.latest();
      const shown = (await opened.attempts.all()).slice(-(options.limit ?? 1));
      const { decideRetraining, describeAttemptEntry } = await import('@fairlead/retraining');
      let decision: RetrainingDecision | undefined;
      if (stored !== undefined) {
        const location = options.captures ?? context.environment.captures;
        const captures = location === undefined ? undefined : await openCaptures(context, options);
        const { policy } = stored;
        const { actor } = auditContext(context, {});
        const facts = await readFacts(context, { opened, captures, policy, actor });
        decision = decideRetraining(policy, facts, opened.now());
      }
      const { output } = context;
      const value = { model, policy: stored ?? null, decision: decision ?? null, attempts: shown };
      output.present(options, value, () => [
        ...(stored === undefined
          ? [
              `${model} has no policy: set one with "fairlead retrain policy ${model} --working-folder . -- python train.py".`,
            ]
          : formatPolicy(stored)),
        ...(decision === undefined ? [] : ['', ...formatDecision(output, decision)]),
        ...(shown.length === 0 ? ['', 'It was not retrained yet.'] : []),
        ...shown.flatMap((state) => ['', ...formatAttempt(output, state, describeAttemptEntry)]),
      ]);
    });
  addExamples(command, [
    ['Is it due, and what happened last?', 'fairlead retrain status iris --captures ./captured'],
    ['For a script', "fairlead retrain status iris --json | jq '.decision.due'"],
  ]);
}
