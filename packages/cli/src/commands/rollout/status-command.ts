import { setTimeout } from 'node:timers/promises';
import type { Command } from '@commander-js/extra-typings';
import type { RolloutState } from '@fairlead/rollout';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import {
  jsonOption,
  parseCount,
  parseTimerSpan,
  registryOption,
} from '../../options/shared-options.ts';
import { formatRollout } from '../../rollout/format-rollout.ts';
import { openRolloutLog, readRollout } from '../../rollout/open-rollout-log.ts';
import { readVerdict } from '../../rollout/read-verdict.ts';

const INTERVAL_MS = 5000;
/** Clears the screen and its history, and returns to its begin. */
const CLEAR = '\u001b[H\u001b[2J\u001b[3J';

/** Defines `fairlead rollout status`. */
export function defineRolloutStatusCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .option('--number <count>', 'Number of the rollout (default: the last one)', parseCount)
    .option(
      '--watch',
      'Show it again and again, until it has ended or Ctrl-C; exit code 1 if it ended without success',
    )
    .option('--interval <span>', 'Time between them (default: 5s)', parseTimerSpan)
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { store, log } = await openRolloutLog(context, options, model);
      const rollout = await import('@fairlead/rollout');
      const now = (): number => context.io.now().getTime();
      let state = await readRollout(log, model, options.number);
      const reader = new rollout.CountsReader(store, state, (error) => {
        context.output.note(`fairlead: ${error instanceof Error ? error.message : String(error)}`);
      });
      const show = async (): Promise<void> => {
        const verdict = await readVerdict(reader, state, now());
        context.output.present(options, { ...state, verdict }, () =>
          formatRollout(context.output, { state, verdict, now: now(), describe: rollout }),
        );
      };
      if (options.watch !== true) {
        await show();
        return;
      }
      const signal = context.io.stopSignal?.();
      const isScreen = context.io.stdout.isTTY === true && options.json !== true;
      for (;;) {
        if (isScreen) context.io.stdout.write(CLEAR);
        await show();
        if (state.status === 'ended') {
          requireSuccess(state);
          return;
        }
        await setTimeout(options.interval ?? INTERVAL_MS, undefined, { signal }).catch(
          () => undefined,
        );
        if (signal?.aborted === true) return;
        state = await readRollout(log, model, options.number);
        if (!isScreen && options.json !== true) context.output.print(['']);
      }
    });
  addExamples(command, [
    ['The last rollout of a model', 'fairlead rollout status digits'],
    ['As a live table, until it has ended', 'fairlead rollout status digits --watch'],
    ['For a script', 'fairlead rollout status digits --json'],
  ]);
}

/** @throws CliError `ERR_CLI_CHECK_FAILED` for a rollout that was rolled back or aborted, for scripts */
function requireSuccess({ model, number, result, entries }: RolloutState): void {
  if (result === 'promoted' || result === 'passed') return;
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `rollout ${model}-${number} was ${String(result)}: ${entries.at(-1)?.reason ?? ''}`,
  );
}
