import { CliError, type CliErrorCode } from '../cli-error.ts';
import { errorCodeOf } from '../exit-code.ts';

/**
 * Runs work that imports packages of the AWS SDK, which only those install who need them.
 *
 * @param problem what needs them, and how to install them
 * @throws CliError with the code and the problem when a package isn't installed
 */
export async function withAwsSdk<T>(
  problem: string,
  work: () => Promise<T>,
  code: CliErrorCode = 'ERR_CLI_USAGE',
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isMissing = errorCodeOf(cause) === 'ERR_MODULE_NOT_FOUND';
    // Another package that is missing isn't the user's to install.
    if (!isMissing || !String(cause).includes('@aws-sdk/')) throw cause;
    throw new CliError(code, problem, { cause });
  }
}
