import { CommanderError } from '@commander-js/extra-typings';
import type { CommandContext } from './command-context.ts';
import { errorCodeOf, exitCodeOf, exitCodes, type ExitCode } from './exit-code.ts';
import { jsonText } from './output/json-text.ts';
import { severalLines } from './output/plain-text.ts';

/** Codes of commander after it has printed the requested help or version. */
const ANSWERED = new Set(['commander.helpDisplayed', 'commander.version']);

/** A command that failed. */
export interface FailedRun {
  /** Whether its output is JSON. */
  readonly json: boolean;
  /** The command, such as `model push`. */
  readonly command: string;
}

/** Reports an error on standard error, as JSON with `--json`, and returns the exit code. */
export function reportError({ output }: CommandContext, error: unknown, run: FailedRun): ExitCode {
  const { json, command } = run;
  if (error instanceof CommanderError && ANSWERED.has(error.code)) return exitCodes.ok;
  const exitCode = exitCodeOf(error);
  // A group without a command has printed its help.
  if (error instanceof CommanderError && error.code === 'commander.help') return exitCode;
  const message = messageOf(error);
  const code =
    error instanceof CommanderError ? 'ERR_CLI_USAGE' : (errorCodeOf(error) ?? 'ERR_CLI_INTERNAL');
  const hint =
    error instanceof CommanderError
      ? `\nSee: ${['fairlead', command, '--help'].filter(Boolean).join(' ')}`
      : '';
  if (json) output.note(jsonText({ error: { code, message, exitCode } }));
  else output.note(severalLines(`fairlead: ${message}${hint}\n  [${code}]`));
  if (exitCode === exitCodes.internal && error instanceof Error && !json) {
    output.note(
      severalLines(`This is an error of fairlead itself: please report it.\n${error.stack ?? ''}`),
    );
  }
  return exitCode;
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof CommanderError ? message.replace(/^error: /, '') : message;
}
