/** Formats a number with four digits, without an exponent where it is short. */
export function formatNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}

/** Formats a share as percentage with three digits. */
export function formatShare(share: number): string {
  return `${String(Number((share * 100).toPrecision(3)))} %`;
}

/** Quotes a text of data, shortened, with control and formatting characters as escapes: a terminal must not interpret them. */
export function quoteText(text: string): string {
  const short = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return JSON.stringify(short).replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

const MAX_LENGTH = 60;
