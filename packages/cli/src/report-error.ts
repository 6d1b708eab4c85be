import { CommanderError } from '@commander-js/extra-typings';
import { CliError, type CliErrorCode } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { errorCodeOf, exitCodeOf, exitCodes, type ExitCode } from './exit-code.ts';
import { jsonText } from './output/json-text.ts';
import { severalLines, shortWords } from './output/plain-text.ts';

/** Codes of commander after it has printed the requested help or version. */
const ANSWERED = new Set(['commander.helpDisplayed', 'commander.version']);

/** Code of an error that no library defines. */
const internalCode: CliErrorCode = 'ERR_CLI_INTERNAL';

/** A command that failed. */
export interface FailedRun {
  /** True if its output is JSON. */
  readonly json: boolean;
  /** The command, such as `model push`. */
  readonly command: string;
  /** True if exit code 2 has only the meaning of `plan --detailed-exitcode`. */
  readonly detailedExitCode?: boolean;
}

/** Reports an error on standard error, as JSON with `--json`, and returns the exit code. */
export function reportError(
  { output }: CommandContext,
  thrown: unknown,
  { json, command, detailedExitCode = false }: FailedRun,
): ExitCode {
  const error = asFileError(thrown);
  if (error instanceof CommanderError && ANSWERED.has(error.code)) return exitCodes.ok;
  const found = exitCodeOf(error);
  const isPlan = errorCodeOf(error) === 'ERR_CLI_PLAN_DIFFERS';
  const exitCode =
    detailedExitCode && found === exitCodes.usage && !isPlan ? exitCodes.failed : found;
  // A group without a command has printed its help.
  if (error instanceof CommanderError && error.code === 'commander.help') return exitCode;
  const message = messageOf(error);
  const code =
    error instanceof CommanderError ? 'ERR_CLI_USAGE' : (errorCodeOf(error) ?? internalCode);
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

/** Error of the command line for one of the file system: a path that is missing, too long, denied, or on a full disk. */
function asFileError(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('path' in error)) return error;
  const { path } = error;
  if (typeof path !== 'string') return error;
  return new CliError('ERR_CLI_FILE', `cannot use ${path}: ${error.message}`, { cause: error });
}

function messageOf(error: unknown): string {
  const message = shortWords(error instanceof Error ? error.message : String(error));
  return error instanceof CommanderError ? message.replace(/^error: /, '') : message;
}
