const MAX_KEYS = 20;
const MAX_KEY_LENGTH = 64;
const MAX_VALUE_LENGTH = 200;

/** Returns text as one line without control and direction characters, of at most `maxLength` characters. */
export function plainLine(text: unknown, maxLength: number): string {
  const line = String(text)
    .slice(0, 4 * maxLength)
    // Cc, Cf: a name must not break a line of an e-mail, or reverse it.
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line;
}

/** Returns at most 20 details with names and values of limited length. */
export function plainDetails(
  details: Readonly<Record<string, string | number>> = {},
): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(details)
      .slice(0, MAX_KEYS)
      .map(([name, value]) => [
        plainLine(name, MAX_KEY_LENGTH),
        Number.isFinite(value) ? value : plainLine(value, MAX_VALUE_LENGTH),
      ]),
  );
}
