import { createInterface } from 'node:readline/promises';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';

/** What a command that destroys something was told. */
export interface ConfirmOptions {
  readonly yes?: true | undefined;
  readonly dryRun?: true | undefined;
}

/**
 * Goes on only when somebody agreed: by `--yes`, or on a terminal by answering `yes`; a dry run needs nobody to.
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
      `this would ${what}, and there is no terminal to ask at: look with --dry-run, then repeat with --yes`,
    );
  }
  const lines = createInterface({ input: stdin, output: stderr });
  const closed = new AbortController();
  lines.once('close', () => {
    closed.abort();
  });
  try {
    const answer = await lines
      .question(`This will ${what}. Go on? (yes/no) `, { signal: closed.signal })
      .catch(() => 'no');
    if (/^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new CliError('ERR_CLI_NOT_CONFIRMED', 'nothing was done');
}
