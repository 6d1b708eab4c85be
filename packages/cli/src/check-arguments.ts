import { CliError } from './cli-error.ts';

/** Options whose value may be empty: a reason is optional, and `--registry ""` has its own message. */
const MAY_BE_EMPTY = new Set(['-m', '--reason', '--registry']);

/**
 * Rejects an empty argument, such as that of a shell variable that isn't set: as a path it would be the working folder,
 * and as a file of trusted keys none.
 *
 * @throws CliError `ERR_CLI_USAGE`
 */
export function checkArguments(args: readonly string[]): void {
  // A shell completes an empty word.
  if (args[0] === '__complete') return;
  for (const [index, word] of args.entries()) {
    const [, option = args[index - 1] ?? 'fairlead', value = word] =
      /^(--[a-z-]+)=()$/.exec(word) ?? [];
    if (value === '' && !MAY_BE_EMPTY.has(option)) {
      throw new CliError(
        'ERR_CLI_USAGE',
        `the argument after ${JSON.stringify(option)} is empty: give a value; a shell variable may not be set`,
      );
    }
    if (word.includes('\0')) {
      throw new CliError('ERR_CLI_USAGE', `${JSON.stringify(word)} contains a NUL character`);
    }
  }
}
