import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CliError } from '../cli-error.ts';

/**
 * The full hash of a commit of the checkout that the command runs in.
 *
 * @throws CliError `ERR_CLI_USAGE` when git doesn't know it.
 */
export async function resolveCommit(revision: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`];
  try {
    const { stdout } = await promisify(execFile)('git', args);
    return stdout.trim();
  } catch (cause) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `git knows no commit ${JSON.stringify(revision)} here: run this in the checkout of the training, or leave --git-commit out`,
      { cause },
    );
  }
}
