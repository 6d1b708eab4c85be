import { CliError } from '../cli-error.ts';

/**
 * Reads texts of the form `name=value`; the last value of a name counts.
 *
 * @throws CliError `ERR_CLI_USAGE` naming the text of another form.
 */
export function readPairs(what: string, texts: readonly string[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    const end = text.indexOf('=');
    if (end < 1) {
      throw new CliError(
        'ERR_CLI_USAGE',
        `invalid ${what} ${JSON.stringify(text)}: expected name=value`,
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
      `invalid ${what} ${name}=${JSON.stringify(text)}: expected a number`,
    );
  });
  return Object.fromEntries(numbers);
}
