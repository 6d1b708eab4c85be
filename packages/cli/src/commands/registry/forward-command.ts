import { resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import type { EventCursor, ForwardNotice, ForwardOptions } from '@fairlead/registry/webhooks';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { collect, jsonOption, parseSpan, registryOption } from '../../options/shared-options.ts';
import { oneLine } from '../../output/plain-text.ts';
import { fileError } from '../../read-file.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { openSender } from '../../registry/open-sender.ts';
import { readWebhookSecrets } from '../../registry/webhook-secrets.ts';

/** Defines `fairlead registry forward`. */
export function defineForwardCommand(command: Command, context: CommandContext): void {
  command
    .argument('<urls...>', 'where to: https://…; one that is away holds up no other')
    .requiredOption(
      '--cursor <file>',
      'remembers what was told; one for each URL, in their order',
      collect,
    )
    .option('--secret-file <file>', 'file of what to sign with (else FAIRLEAD_WEBHOOK_SECRET)')
    .option('--allow-private', 'let names of the URLs be of loopback and private addresses')
    .option('--once', 'tell what there is, and end: for cron')
    .option('--from-start', 'with a new cursor, tell everything that ever happened')
    .option(
      '--poll <span>',
      'mean time between two looks at the registry (default: 10s)',
      parseSpan,
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
        const ways = urls.map((url, index): ForwardOptions => {
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
        if (options.once) await tellOnce(ways, forwardPending);
        else await tellOn(ways, forwardEvents, context.io.stopSignal?.());
      } finally {
        await sender.close();
      }
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
    [
      'to two, each with a cursor of its own',
      'fairlead registry forward https://a.example/hook https://b.example/hook --cursor a.json --cursor b.json',
    ],
  ]);
}

function requireOneForEach(urls: readonly string[], files: readonly string[]): readonly string[] {
  if (files.length !== urls.length) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${urls.length} URLs and ${files.length} times --cursor: each URL needs one of its own, in the same order`,
    );
  }
  const twice = files.find(
    (file, index) => files.findIndex((each) => resolve(each) === resolve(file)) !== index,
  );
  if (twice === undefined) return files;
  throw new CliError('ERR_CLI_USAGE', `two URLs have the cursor ${twice}: each needs its own`);
}

/** A cursor whose refusals name its file. */
function namedCursor(file: string, cursor: EventCursor): EventCursor {
  const refuse = (cause: unknown): never => {
    throw fileError(file, 'the cursor', cause);
  };
  return {
    load: () => cursor.load().catch(refuse),
    save: (text) => cursor.save(text).catch(refuse),
  };
}

type Forward<T> = (options: ForwardOptions) => Promise<T>;

async function tellOnce(ways: readonly ForwardOptions[], forward: Forward<boolean>): Promise<void> {
  const ends = await Promise.allSettled(ways.map((way) => forward(way)));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  const lacking = ways.filter((_way, index) => {
    const end = ends[index];
    return end?.status === 'fulfilled' && !end.value;
  });
  if (lacking.length === 0) return;
  const urls = lacking.map(({ url }) => withoutQuery(url)).join(', ');
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `${urls} didn't take everything: what is lacking is told the next time`,
  );
}

/** Ends when `stop` is aborted, or all together when one can't begin. */
async function tellOn(
  ways: readonly ForwardOptions[],
  forward: Forward<void>,
  stop: AbortSignal | undefined,
): Promise<void> {
  const failed = new AbortController();
  const signal = stop === undefined ? failed.signal : AbortSignal.any([stop, failed.signal]);
  const ends = await Promise.allSettled(
    ways.map(async (way) => {
      try {
        await forward({ ...way, signal });
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
