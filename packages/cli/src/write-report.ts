import { writeFile } from 'node:fs/promises';
import type { CommandContext } from './command-context.ts';
import { fileError } from './read-file.ts';

/**
 * Prints a report, or writes it to a file.
 *
 * @throws CliError `ERR_CLI_FILE` if the file can't be written
 */
export async function writeReport(
  { output }: CommandContext,
  text: string,
  path: string | undefined,
): Promise<void> {
  if (path === undefined) {
    output.print([text.trimEnd()]);
    return;
  }
  try {
    await writeFile(path, text);
  } catch (error) {
    throw fileError(path, 'the report', error);
  }
}
