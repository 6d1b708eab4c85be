import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { ForwardNotice } from '@fairlead/registry';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, parseSpan, registryOption } from '../../options/shared-options.ts';
import { oneLine } from '../../output/plain-text.ts';
import { openRegistry } from '../../registry/open-registry.ts';

/** Adds `fairlead registry forward`. */
export function addForwardCommand(parent: CommandUnknownOpts, context: CommandContext): void {
  const command = parent
    .command('forward')
    .description('tell a webhook what happens in the registry, signed, until it is ended')
    .argument('<url>', 'where to: https://…')
    .requiredOption('--cursor <file>', 'remembers what was told; one file for each destination')
    .option('--once', 'tell what there is, and end: for cron')
    .option('--from-start', 'with a new cursor, tell everything that ever happened')
    .option(
      '--poll <span>',
      'mean time between two looks at the registry (default: 10s)',
      parseSpan,
    )
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (url, options) => {
      const secret = context.environment.webhookSecret;
      if (secret === undefined) {
        throw new CliError(
          'ERR_CLI_USAGE',
          'nothing to sign with: set FAIRLEAD_WEBHOOK_SECRET to whsec_ and 24 to 64 bytes in base64, as the receiver has it',
        );
      }
      const { fileCursor, forwardEvents, forwardPending } = await import('@fairlead/registry');
      const { WebhookSender } = await import('@fairlead/serving');
      const { store } = await openRegistry(context, options);
      const how = {
        ...{ store, url, cursor: fileCursor(options.cursor) },
        sender: new WebhookSender({ destinations: [url], secrets: [secret] }),
        from: options.fromStart ? ('start' as const) : ('now' as const),
        ...(options.poll !== undefined && { pollIntervalMs: options.poll }),
        onNotice: (notice: ForwardNotice) => {
          context.output.print([options.json ? JSON.stringify(notice) : showNotice(notice)]);
        },
        onError: (error: unknown) => {
          const message = error instanceof Error ? error.message : String(error);
          context.output.note(`fairlead: ${oneLine(message)}; trying again`);
        },
      };
      if (!options.once) {
        await forwardEvents(how);
        return;
      }
      if (await forwardPending(how)) return;
      throw new CliError(
        'ERR_CLI_CHECK_FAILED',
        `${url} didn't take everything: what it lacks is told the next time`,
      );
    });
  addExamples(command, [
    [
      'as a service',
      'fairlead registry forward https://hooks.example/registry --cursor /var/lib/fairlead/hook.json',
    ],
    [
      'every five minutes, from cron',
      'fairlead registry forward https://hooks.example/registry --cursor hook.json --once',
    ],
  ]);
}

function showNotice(notice: ForwardNotice): string {
  const { type, model, id, attempt } = notice;
  const why = 'reason' in notice ? `: ${oneLine(notice.reason)}` : '';
  return `${type}  ${model}  ${id}  attempt ${attempt}${why}`;
}
