import { readFile } from 'node:fs/promises';
import { CliError } from './cli-error.ts';

/**
 * Reads a text file that the command line names, without a byte order mark.
 *
 * @throws CliError `ERR_CLI_FILE` naming the file, its purpose, and what is wrong.
 */
export async function readText(path: string, what: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    const { decodeText } = await import('@fairlead/signature');
    return decodeText(bytes);
  } catch (cause) {
    throw fileError(path, what, cause);
  }
}

/**
 * Reads a JSON file that the command line names; `decode` converts the parsed value.
 *
 * `NaN`, `Infinity` and `-Infinity`, which Python writes, become strings of that name.
 *
 * @throws CliError `ERR_CLI_FILE`
 */
export async function readJson<T>(
  path: string,
  what: string,
  decode: (value: unknown) => T,
): Promise<T> {
  const text = await readText(path, what);
  try {
    const { quoteNonFinite } = await import('@fairlead/signature');
    return decode(JSON.parse(quoteNonFinite(text)));
  } catch (cause) {
    throw fileError(path, what, cause);
  }
}

/** Error for a file that can't be read, written or understood. */
export function fileError(path: string, what: string, cause: unknown): CliError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CliError('ERR_CLI_FILE', `cannot use ${path} as ${what}: ${why}`, { cause });
}
