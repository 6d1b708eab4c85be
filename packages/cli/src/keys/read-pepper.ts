import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { readText } from '../read-file.ts';

/**
 * The pepper: of a file, without the line's end that editors put there, else of the environment.
 *
 * @throws CliError `ERR_CLI_NO_PEPPER`, `ERR_CLI_FILE`
 */
export async function readPepper(
  { environment }: CommandContext,
  file: string | undefined,
): Promise<string> {
  const pepper =
    file === undefined
      ? environment.pepper
      : (await readText(file, 'the pepper')).replace(/\r?\n$/, '');
  if (pepper !== undefined && pepper !== '') return pepper;
  throw new CliError(
    'ERR_CLI_NO_PEPPER',
    'no pepper is given: set FAIRLEAD_PEPPER to what the gateway has, or add --pepper-file; openssl rand -base64 32 makes one',
  );
}
