import { createInterface } from 'node:readline/promises';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';

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
  const { stdin, stderr } = io;
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw new CliError(
      'ERR_CLI_NOT_CONFIRMED',
      `this would ${what}, and there is no terminal for a confirmation: check with --dry-run, then repeat with --yes`,
    );
  }
  const lines = createInterface({ input: stdin, output: stderr });
  const closed = new AbortController();
  lines.once('close', () => {
    closed.abort();
  });
  try {
    const answer = await lines
      .question(`This will ${what}. Continue? (yes/no) `, { signal: closed.signal })
      .catch(() => 'no');
    if (/^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new CliError('ERR_CLI_NOT_CONFIRMED', 'not confirmed: nothing was changed');
}
