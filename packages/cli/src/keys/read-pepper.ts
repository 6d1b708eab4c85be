import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { readText } from '../read-file.ts';

/**
 * Reads the pepper from a file, without a newline at its end, else from the environment.
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
    'no pepper given: set FAIRLEAD_PEPPER to the value of the gateway, or add --pepper-file; create one with: openssl rand -base64 32',
  );
}
