import { Readable } from 'node:stream';
import { Option, type Command } from '@commander-js/extra-typings';
import type { Deployment } from '@fairlead/deploy-config';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { readConfig } from '../../config/read-config.ts';
import { errorCodeOf } from '../../exit-code.ts';
import { onHosts, requireAllHosts } from '../../hosts/on-hosts.ts';
import { requireOnHost } from '../../hosts/run-program-on-host.ts';
import { readHosts } from '../../hosts/read-hosts.ts';
import { hostLabel, selectHosts } from '../../hosts/select-hosts.ts';
import {
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  hostOption,
} from '../../options/deploy-options.ts';
import { jsonOption, parseCount, parseSpan } from '../../options/shared-options.ts';
import { oneLine, withoutControls } from '../../output/plain-text.ts';

/** Time that a log is followed for, in milliseconds. */
const FOLLOW_MS = 7 * 86_400_000;

const UNITS = ['gateway', 'flask', 'nginx'] as const;

/** Defines `fairlead hosts logs`. */
export function defineLogsCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(hostOption)
    .addOption(
      new Option('--unit <unit>', 'Service (default: gateway, flask and nginx)').choices(UNITS),
    )
    .option('--lines <number>', 'Last lines of each host', parseCount, 100)
    .option('--since <span>', 'Not older than this, such as 15m or 2h', parseSpan)
    .option('--follow', 'Print new lines until Ctrl-C')
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const chosen = await readHosts(context, await readConfig(options.config, environment));
      const urls = selectHosts(chosen, options.host);
      const { follow = false } = options;
      rejectFollowing(urls, follow);
      const argv = journalCommand(chosen.deployment, options, context.io.now());
      const print = (url: string, line: string): void => {
        const text = withoutControls(line);
        const shown = urls.length === 1 ? text : `${hostLabel(url)} | ${text}`;
        context.output.print([options.json ? JSON.stringify({ host: url, line }) : shown]);
      };
      const onError = (message: string): void => {
        if (follow) context.output.note(`fairlead: ${oneLine(message)}`);
      };
      const only = options.host;
      const read = onHosts(context, { chosen, only, onError }, async (carrier, url) => {
        const lines: string[] = [];
        await requireOnHost(carrier, follow ? untilInputEnds(argv) : argv, {
          onLine: (line) => {
            if (follow) print(url, line);
            else lines.push(line);
          },
          ...(follow && { timeoutMs: FOLLOW_MS, stdin: new Readable({ read: () => undefined }) }),
        });
        return lines;
      });
      const results = await read.catch((error: unknown) => {
        // Ctrl-C is the end of --follow.
        if (follow && errorCodeOf(error) === 'ERR_CLI_STOPPED') return [];
        throw error;
      });
      for (const result of results) {
        if ('value' in result) for (const line of result.value) print(result.host, line);
      }
      requireAllHosts(results);
    });
  addExamples(command, [
    ['the last lines of all services', 'fairlead hosts logs production'],
    ['the gateways of all hosts, live', 'fairlead hosts logs production --unit gateway --follow'],
    [
      'of one host, the last 15 minutes',
      'fairlead hosts logs production --host 10.0.0.1 --since 15m --lines 1000',
    ],
  ]);
}

function rejectFollowing(urls: readonly string[], follow: boolean): void {
  const managed = urls.find((url) => url.startsWith('ssm://'));
  if (!follow || managed === undefined) return;
  throw new CliError(
    'ERR_CLI_USAGE',
    `${managed}: Systems Manager returns the output of a command at its end, so that --follow isn't possible: leave it out, or use --since`,
  );
}

/** Ends the program when its standard input ends: with the connection, also when there is no line that it could fail to write. */
function untilInputEnds(argv: readonly string[]): readonly [string, ...string[]] {
  const script =
    'exec 3<&0; "$@" </dev/null & program=$!; { cat <&3 >/dev/null; kill $program; } & wait $program';
  return ['sh', '-c', script, 'sh', ...argv];
}

interface JournalOptions {
  readonly unit?: (typeof UNITS)[number] | undefined;
  readonly lines: number;
  readonly since?: number | undefined;
  readonly follow?: true | undefined;
}

/** Returns the command that prints the journal of the services. */
function journalCommand(
  { name, flask }: Pick<Deployment, 'name' | 'flask'>,
  { unit, lines, since, follow }: JournalOptions,
  now: Date,
): readonly [string, ...string[]] {
  const units = {
    gateway: `${name}-gateway.service`,
    flask: `${name}-flask.service`,
    nginx: 'nginx.service',
  };
  const all = ['gateway', ...(flask === undefined ? [] : ['flask']), 'nginx'] as const;
  const chosen = unit === undefined ? all : [unit];
  const from =
    since === undefined ? [] : [`--since=@${Math.floor((now.getTime() - since) / 1000)}`];
  return [
    ...(['journalctl', '--no-pager', '--quiet', '--output=short-iso'] as const),
    ...chosen.map((each) => `--unit=${units[each as keyof typeof units]}`),
    `--lines=${lines}`,
    ...from,
    ...(follow ? ['--follow'] : []),
  ];
}
