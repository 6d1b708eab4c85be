/** Puts text on one line, without control characters: a registry may hold texts that attack a terminal. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Cc}|\p{Cf}/gu, '')
    .trim();
}

/** Removes control characters other than newlines. */
export function severalLines(text: string): string {
  return text.replaceAll('\t', '  ').replaceAll(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '');
}
