import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CliError } from '../cli-error.ts';

/**
 * Resolves a revision to the full hash of its commit, in the checkout of the working folder.
 *
 * @throws CliError `ERR_CLI_USAGE` when git doesn't find it.
 */
export async function resolveCommit(revision: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`];
  try {
    const { stdout } = await promisify(execFile)('git', args);
    return stdout.trim();
  } catch (cause) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `git finds no commit ${JSON.stringify(revision)}: run the command in the checkout of the training code, or omit --git-commit`,
      { cause },
    );
  }
}
