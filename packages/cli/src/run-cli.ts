import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { checkArguments } from './check-arguments.ts';
import { CliError } from './cli-error.ts';
import { createContext } from './command-context.ts';
import { commands } from './commands/commands.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { buildProgram } from './program.ts';
import { reportError } from './report-error.ts';
import type { ProcessIo } from './process-io.ts';

/**
 * Runs the command with its arguments, those after its name; resolves to the exit code, and never rejects.
 *
 * Output, prompts and input go through `io`; files are relative to the working folder of the process.
 */
export async function runCli(args: readonly string[], io: ProcessIo): Promise<ExitCode> {
  const context = createContext(io);
  const program = buildProgram(context);
  try {
    checkArguments(args);
    await program.parseAsync(withHelpOption(args), { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    const command = commandIn(program, args);
    return reportError(context, await withoutCredentials(error), {
      json: isGiven(args, '--json'),
      command,
      detailedExitCode: isGiven(args, '--detailed-exitcode'),
    });
  }
}

/** Reports on standard error that standard output can't be written, such as on a full disk; returns the exit code. */
export function reportLostOutput(args: readonly string[], io: ProcessIo, cause: Error): ExitCode {
  const error = new CliError(
    'ERR_CLI_OUTPUT',
    `cannot write standard output (${cause.message}): free space, or redirect it; ` +
      'changes made before remain, so check them before repeating the command',
    { cause },
  );
  return reportError(createContext(io), error, { json: isGiven(args, '--json'), command: '' });
}

/** Masks credentials in the message of an error, which may repeat a URL of the command line. */
async function withoutCredentials(error: unknown): Promise<unknown> {
  // Loads the library only for messages that may need it: a mistyped command is reported at once.
  if (!(error instanceof Error) || !/:\/\/|@|whsec_|fl_/.test(error.message)) return error;
  const { maskCredentials } = await import('@fairlead/signature');
  error.message = maskCredentials(error.message);
  if (error.stack !== undefined) error.stack = maskCredentials(error.stack);
  return error;
}

/** Makes `--help` of the word `help`: `fairlead help model push` is `fairlead model push --help`. */
function withHelpOption(args: readonly string[]): readonly string[] {
  let entries = commands;
  for (const [index, word] of args.entries()) {
    if (word === 'help') return [...args.slice(0, index), ...args.slice(index + 1), '--help'];
    const entry = entries.find(({ name }) => name === word);
    if (entry === undefined || !('commands' in entry)) break;
    entries = entry.commands;
  }
  return args;
}

/** Returns whether an option is given, before `--`. */
function isGiven(args: readonly string[], option: string): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).includes(option);
}

/** The command that `args` begin with, as far as there is one. */
function commandIn(program: CommandUnknownOpts, args: readonly string[]): string {
  const names: string[] = [];
  let command: CommandUnknownOpts | undefined = program;
  for (const name of args) {
    command = command.commands.find((each) => each.name() === name);
    if (command === undefined) break;
    names.push(name);
  }
  return names.join(' ');
}
