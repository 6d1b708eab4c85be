import { CliError } from '../cli-error.ts';

/**
 * Reads texts of the form `name=value`; of a name that is given twice the last value counts.
 *
 * @throws CliError `ERR_CLI_USAGE` naming what isn't of that form.
 */
export function readPairs(what: string, texts: readonly string[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    const end = text.indexOf('=');
    if (end < 1) {
      throw new CliError(
        'ERR_CLI_USAGE',
        `${JSON.stringify(text)} is no ${what}: write name=value`,
      );
    }
    pairs.set(text.slice(0, end), text.slice(end + 1));
  }
  return pairs;
}

/**
 * Reads texts of the form `name=number`.
 *
 * @throws CliError `ERR_CLI_USAGE`
 */
export function readNumbers(
  what: string,
  texts: readonly string[],
): Readonly<Record<string, number>> {
  const numbers = [...readPairs(what, texts)].map(([name, text]): [string, number] => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (Number.isFinite(value)) return [name, value];
    throw new CliError(
      'ERR_CLI_USAGE',
      `${what} ${name} is ${JSON.stringify(text)}: give a number`,
    );
  });
  return Object.fromEntries(numbers);
}
