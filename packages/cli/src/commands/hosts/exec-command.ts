import { createReadStream } from 'node:fs';
import type { Command, CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CarrierResult } from '@fairlead/deploy';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { readConfig } from '../../config/read-config.ts';
import { changeHosts } from '../../deploy/change-hosts.ts';
import { confirmProtected, environmentNamed } from '../../deploy/confirm-environment.ts';
import { hostValues, requireAllHosts } from '../../hosts/on-hosts.ts';
import { runProgramOnHost } from '../../hosts/run-program-on-host.ts';
import { readHosts } from '../../hosts/read-hosts.ts';
import { hostLabel, selectHosts } from '../../hosts/select-hosts.ts';
import {
  auditActorOption,
  auditReasonOption,
  configOption,
  ENVIRONMENT_TEXT,
  hostOption,
  yesEnvironmentOption,
} from '../../options/deploy-options.ts';
import { jsonOption, parseTimerSpan } from '../../options/shared-options.ts';
import { severalLines } from '../../output/plain-text.ts';

/** Defines `fairlead hosts exec`. */
export function defineExecCommand(command: Command, context: CommandContext): void {
  command
    .argument('[environment]', ENVIRONMENT_TEXT)
    .argument('[program...]', 'Program and its arguments, after --; no shell interprets them')
    .addOption(configOption)
    .addOption(hostOption)
    .option('--stdin <file>', 'File for the standard input of the program')
    .option('--timeout <span>', 'Longest run (default: 10m)', parseTimerSpan)
    .addOption(auditActorOption)
    .addOption(auditReasonOption)
    .addOption(yesEnvironmentOption)
    .addOption(jsonOption)
    .action(async (first, rest, options) => {
      const words = [...(first === undefined ? [] : [first]), ...rest];
      const { environment, argv } = splitWords(words, rootOf(command).rawArgs);
      const { yes, host: only } = options;
      const chosen = await readHosts(
        context,
        await readConfig(options.config, environmentNamed(environment, yes)),
      );
      const hosts = selectHosts(chosen, only).map(hostLabel).join(', ');
      // Arguments of the program may be secrets.
      const change = `run ${argv[0]} as root on ${hosts}`;
      await confirmProtected(context, { chosen, named: environment, yes }, change);
      const results = await changeHosts(
        context,
        { chosen, command: 'hosts exec', only, by: options },
        async (carrier) => {
          const { stdin, timeout } = options;
          return runProgramOnHost(carrier, argv, {
            ...(stdin !== undefined && { stdin: createReadStream(stdin) }),
            ...(timeout !== undefined && { timeoutMs: timeout }),
          });
        },
      );
      const value = {
        environment: chosen.name,
        hosts: hostValues(
          results.map((result) =>
            'error' in result ? result : { host: result.host, value: asValue(result.value) },
          ),
        ),
      };
      if (options.json) context.output.printJson(value);
      else {
        for (const result of results) {
          if ('value' in result) {
            show(context, results.length > 1 ? result.host : undefined, result.value);
          }
        }
      }
      requireAllHosts(results);
      requireSuccess(results.flatMap((each) => ('value' in each ? [[each.host, each.value]] : [])));
    });
  addExamples(command, [
    ['on all hosts of the only environment', 'fairlead hosts exec -- uptime'],
    ['on one host', 'fairlead hosts exec production --host 10.0.0.1 -- df -h /'],
    ['a script of this machine', 'fairlead hosts exec production --stdin check.sh -- sh -s'],
  ]);
}

/** Splits the operands of the command: those before `--`, at most one, and the program after it. */
function splitWords(
  words: readonly string[],
  rawArgs: readonly string[],
): { readonly environment: string | undefined; readonly argv: readonly [string, ...string[]] } {
  const end = rawArgs.indexOf('--');
  const after = end === -1 ? 0 : rawArgs.length - end - 1;
  const before = words.slice(0, words.length - after);
  const [program, ...args] = words.slice(words.length - after);
  if (end === -1 || program === undefined || before.length > 1) {
    throw new CliError(
      'ERR_CLI_USAGE',
      'write the program after --, such as fairlead hosts exec production -- uptime',
    );
  }
  return { environment: before[0], argv: [program, ...args] };
}

function rootOf(command: CommandUnknownOpts): { readonly rawArgs: readonly string[] } {
  const { parent } = command;
  // Commander has the arguments of the process in its root; its types leave them out.
  return parent === null ? (command as unknown as { rawArgs: string[] }) : rootOf(parent);
}

function asValue({ code, stdout, stderr }: CarrierResult): object {
  return { exitCode: code, stdout, stderr };
}

function show({ output }: CommandContext, host: string | undefined, result: CarrierResult): void {
  const { code, stdout, stderr } = result;
  if (host !== undefined) {
    const state = code === 0 ? 'exit code 0' : output.paint('bad', `exit code ${code}`);
    output.print([`${hostLabel(host)}: ${state}`]);
  }
  const text = severalLines(stdout).trimEnd();
  if (text !== '') output.print([text]);
  const errors = severalLines(stderr).trimEnd();
  if (errors !== '') output.note(host === undefined ? errors : `${hostLabel(host)}: ${errors}`);
}

function requireSuccess(results: readonly (readonly [string, CarrierResult])[]): void {
  const failed = results.filter(([, { code }]) => code !== 0);
  if (failed.length === 0) return;
  const codes = failed.map(([host, { code }]) => `${hostLabel(host)} ${code}`).join(', ');
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `the program ended with another exit code than 0: ${codes}`,
  );
}
