import { CliError } from './cli-error.ts';

/**
 * Rejects a text of the command line that is too long to be the name of anything, such as a file that was pasted by mistake.
 *
 * @throws CliError `ERR_CLI_USAGE`
 */
export function checkLength(what: string, text: string, max: number): void {
  if (text.length <= max) return;
  throw new CliError(
    'ERR_CLI_USAGE',
    `${what} has ${text.length} characters; the limit is ${max}: ${JSON.stringify(text.slice(0, 40))}…`,
  );
}
