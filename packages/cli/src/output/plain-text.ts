/** Puts text on one line, without control characters: a registry may hold texts that attack a terminal. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Cc}|\p{Cf}/gu, '')
    .trim();
}

/** Characters of one word in a message; a longer one is cut. */
const MAX_WORD_LENGTH = 400;

/** Cuts very long words, such as a path of 100,000 characters, in a message. */
export function shortWords(text: string): string {
  return text.replaceAll(/\S{401,}/g, (word) => `${word.slice(0, MAX_WORD_LENGTH)}…`);
}

/** Removes control characters other than newlines and the colors of `styleText`. */
export function withoutControls(line: string): string {
  return line.replaceAll(/(?!\p{Cc}\[\d+m)(?!\n)\p{Cc}/gu, '');
}

/** Removes control characters other than newlines. */
export function severalLines(text: string): string {
  return text.replaceAll('\t', '  ').replaceAll(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '');
}
