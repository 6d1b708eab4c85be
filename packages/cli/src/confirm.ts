import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { hasTerminal, prompt } from './prompt.ts';

/** Options of a command that deletes or overwrites. */
export interface ConfirmOptions {
  readonly yes?: true | undefined;
  readonly dryRun?: true | undefined;
}

/**
 * Requires confirmation: `--yes`, or the answer `yes` on a terminal; a dry run needs none.
 *
 * @throws CliError `ERR_CLI_NOT_CONFIRMED`
 */
export async function confirm(
  { io }: CommandContext,
  { yes, dryRun }: ConfirmOptions,
  what: string,
): Promise<void> {
  if (yes || dryRun) return;
  if (!hasTerminal(io)) {
    throw new CliError(
      'ERR_CLI_NOT_CONFIRMED',
      `this would ${what}, and there is no terminal for a confirmation: check with --dry-run, then repeat with --yes`,
    );
  }
  const answer = await prompt(io, `This will ${what}. Continue? (yes/no) `);
  if (/^y(?:es)?$/i.test(answer)) return;
  throw notConfirmed();
}

/** Creates the error of a change that wasn't confirmed. */
export function notConfirmed(): CliError {
  return new CliError('ERR_CLI_NOT_CONFIRMED', 'not confirmed: nothing was changed');
}
