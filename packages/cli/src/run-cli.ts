import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { createContext } from './command-context.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { buildProgram } from './program.ts';
import { reportError } from './report-error.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Runs the command with its arguments, those after its name; resolves to the exit code, and never rejects.
 *
 * What it prints, asks and reads goes through `surroundings`; files and registries are reached as usual.
 */
export async function runCli(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const context = createContext(surroundings);
  const end = args.indexOf('--');
  const json = args.slice(0, end === -1 ? undefined : end).includes('--json');
  const program = buildProgram(context);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    return reportError(context, error, { json, command: commandIn(program, args) });
  }
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
