/** Shows text on one line, without what would move a terminal's cursor: a registry may hold texts of anybody. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Cc}|\p{Cf}/gu, '')
    .trim();
}

/** Shows text on as many lines as it has, without control characters. */
export function severalLines(text: string): string {
  return text.replaceAll('\t', '  ').replaceAll(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '');
}
