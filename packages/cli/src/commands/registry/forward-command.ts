import { resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import type { EventCursor, ForwardNotice, ForwardOptions } from '@fairlead/registry/webhooks';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import {
  collect,
  jsonOption,
  parseTimerSpan,
  registryOption,
} from '../../options/shared-options.ts';
import { oneLine } from '../../output/plain-text.ts';
import { fileError } from '../../read-file.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { openSender } from '../../registry/open-sender.ts';
import { readWebhookSecrets } from '../../registry/webhook-secrets.ts';

/** Defines `fairlead registry forward`. */
export function defineForwardCommand(command: Command, context: CommandContext): void {
  command
    .argument('<urls...>', 'Webhook URLs; an unreachable one does not delay the others')
    .requiredOption(
      '--cursor <file>',
      'File that stores the position; one for each URL, in their order',
      collect,
    )
    .option('--secret-file <file>', 'File of the webhook secret (env: FAIRLEAD_WEBHOOK_SECRET)')
    .option('--allow-private', 'Allow host names that resolve to loopback and private addresses')
    .option('--once', 'Forward the pending events and exit: for cron')
    .option('--from-start', 'With a new cursor, forward all past events')
    .option(
      '--poll <span>',
      'Mean interval between polls of the registry (default: 10s)',
      parseTimerSpan,
    )
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (urls, options) => {
      const files = requireOneForEach(urls, options.cursor);
      const secrets = await readWebhookSecrets(context, options.secretFile);
      const { fileCursor, forwardEvents, forwardPending } =
        await import('@fairlead/registry/webhooks');
      const sender = await openSender(urls, secrets, options.allowPrivate === true);
      try {
        const { store } = await openRegistry(context, options);
        const forwards = urls.map((url, index): ForwardOptions => {
          const file = files[index] ?? '';
          return {
            ...{ store, url, sender, cursor: namedCursor(file, fileCursor(file)) },
            from: options.fromStart ? 'start' : 'now',
            ...(options.poll !== undefined && { pollIntervalMs: options.poll }),
            onNotice: (notice) => {
              const where = withoutQuery(url);
              const text = options.json
                ? JSON.stringify({ ...notice, url: where })
                : formatNotice(notice, urls.length > 1 ? where : undefined);
              context.output.print([text]);
            },
            onError: (error) => {
              const message = error instanceof Error ? error.message : String(error);
              context.output.note(`fairlead: ${oneLine(message)}; trying again`);
            },
          };
        });
        if (options.once) await forwardOnce(forwards, forwardPending);
        else await forwardContinuously(forwards, forwardEvents, context.io.stopSignal?.());
      } finally {
        await sender.close();
      }
    });
  addExamples(command, [
    [
      'As a service',
      'fairlead registry forward https://hooks.example/registry --cursor /var/lib/fairlead/hook.json',
    ],
    [
      'Every five minutes, from cron',
      'fairlead registry forward https://hooks.example/registry --cursor hook.json --once',
    ],
    [
      'To two webhooks, each with a cursor',
      'fairlead registry forward https://a.example/hook https://b.example/hook --cursor a.json --cursor b.json',
    ],
  ]);
}

function requireOneForEach(urls: readonly string[], files: readonly string[]): readonly string[] {
  if (files.length !== urls.length) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${urls.length} URLs and ${files.length} cursors: add one --cursor for each URL, in the same order`,
    );
  }
  const twice = files.find(
    (file, index) => files.findIndex((each) => resolve(each) === resolve(file)) !== index,
  );
  if (twice === undefined) return files;
  throw new CliError(
    'ERR_CLI_USAGE',
    `two URLs share the cursor ${twice}: each needs a separate one`,
  );
}

/** A cursor whose errors name its file. */
function namedCursor(file: string, cursor: EventCursor): EventCursor {
  const reject = (cause: unknown): never => {
    throw fileError(file, 'the cursor', cause);
  };
  return {
    load: () => cursor.load().catch(reject),
    save: (text) => cursor.save(text).catch(reject),
  };
}

type Forward<T> = (options: ForwardOptions) => Promise<T>;

async function forwardOnce(
  forwards: readonly ForwardOptions[],
  forward: Forward<boolean>,
): Promise<void> {
  const ends = await Promise.allSettled(forwards.map((each) => forward(each)));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  const incomplete = forwards.filter((_each, index) => {
    const end = ends[index];
    return end?.status === 'fulfilled' && !end.value;
  });
  if (incomplete.length === 0) return;
  const urls = incomplete.map(({ url }) => withoutQuery(url)).join(', ');
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `${urls} didn't accept all events: the rest is sent at the next run`,
  );
}

/** Runs until `stop` is aborted; ends all of them when one can't start. */
async function forwardContinuously(
  forwards: readonly ForwardOptions[],
  forward: Forward<void>,
  stop: AbortSignal | undefined,
): Promise<void> {
  const failed = new AbortController();
  const signal = stop === undefined ? failed.signal : AbortSignal.any([stop, failed.signal]);
  const ends = await Promise.allSettled(
    forwards.map(async (each) => {
      try {
        await forward({ ...each, signal });
      } catch (error) {
        failed.abort();
        throw error;
      }
    }),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Queries of webhooks are often secrets. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

function formatNotice(notice: ForwardNotice, url: string | undefined): string {
  const { type, model, id, attempt } = notice;
  const where = url === undefined ? '' : `  ${url}`;
  const why = 'reason' in notice ? `: ${oneLine(notice.reason)}` : '';
  return `${type}  ${model}  ${id}  attempt ${attempt}${where}${why}`;
}
