import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import {
  aliasOption,
  jsonOption,
  parseCount,
  parseTimerSpan,
  registryOption,
} from '../../options/shared-options.ts';
import { oneLine } from '../../output/plain-text.ts';
import { formatTime } from '../../output/format-values.ts';
import { openRegistry } from '../../registry/open-registry.ts';

/** Defines `fairlead model watch`. */
export function defineWatchCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .addOption(aliasOption)
    .option('--count <entries>', 'Stop after this number of entries', parseCount)
    .option('--for <span>', 'Stop after this duration, such as 30s or 5m', parseTimerSpan)
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { registry, store } = await openRegistry(context, options);
      const { alias, count = Infinity, for: spanMs } = options;
      // Rejects an unknown model, instead of waiting for it.
      await registry.resolve(model, 1);
      const end = new AbortController();
      const timer =
        spanMs === undefined
          ? undefined
          : setTimeout(() => {
              end.abort();
            }, spanMs);
      const pollIntervalMs = store.location.startsWith('s3://') ? 1000 : 200;
      let lines = 0;
      for await (const entry of registry.follow(model, alias, {
        signal: end.signal,
        pollIntervalMs,
        onError: (error) => {
          context.output.note(
            `fairlead: ${error instanceof Error ? error.message : String(error)}; trying again`,
          );
        },
      })) {
        const { at, actor, version, previous, reason } = entry;
        const why = reason === undefined ? '' : `: ${oneLine(reason)}`;
        const text = `${formatTime(at)}  ${alias} → ${version} (was ${previous ?? 'none'})  by ${oneLine(actor)}${why}`;
        context.output.print([options.json ? JSON.stringify(entry) : text]);
        lines += 1;
        if (lines >= count) end.abort();
      }
      clearTimeout(timer);
    });
  addExamples(command, [
    ['Until Ctrl-C', 'fairlead model watch digits'],
    ['Print the current version and exit', 'fairlead model watch digits --count 1'],
    ['One JSON document per line, for a script', 'fairlead model watch digits --json'],
  ]);
}
