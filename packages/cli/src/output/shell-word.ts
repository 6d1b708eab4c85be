import { oneLine } from './plain-text.ts';

/** Quotes a text for a POSIX shell, always. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Writes a text as one word of a command to paste, quoted only if it has to be; without control characters, which could act on the terminal. */
export function shellWord(text: string): string {
  const plain = oneLine(text);
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : quoted(plain);
}
