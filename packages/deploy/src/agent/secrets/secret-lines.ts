import { TextDecoder } from 'node:util';

/** Returns a description of why a value can't be a variable; `undefined` if it can. Source: systemd's `env_value_is_valid` */
export function variableProblem(value: Buffer): string | undefined {
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return 'it is not UTF-8, which the environment of a service has to be';
  }
  // eslint-disable-next-line no-control-regex -- systemd ignores a line with one
  return /[\0-\x08\x0B-\x1F\x7F]/.test(text)
    ? 'it has a control character, with which systemd ignores the variable'
    : undefined;
}

/**
 * Returns a line of an `EnvironmentFile`.
 *
 * Source: systemd.exec(5); in double quotes, `\` escapes these four characters only.
 */
export function secretLine(variable: string, value: Buffer): string {
  const escaped = value.toString().replaceAll(/["\\`$]/g, String.raw`\$&`);
  return `${variable}="${escaped}"\n`;
}

/** Returns the value without the line feed at its end, which an editor adds to a file. */
export function withoutLineFeed(value: Buffer): Buffer {
  const text = value.toString('latin1');
  return Buffer.from(text.replace(/\r?\n$/, ''), 'latin1');
}
