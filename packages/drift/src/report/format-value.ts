/** Formats a number with four digits. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(Number(value.toPrecision(4)));
  if (Number.isNaN(value)) return 'none';
  return value > 0 ? '∞' : '−∞';
}

/** Formats a share as percentage with three digits. */
export function formatShare(share: number): string {
  return `${String(Number((share * 100).toPrecision(3)))} %`;
}

/** Formats a time as `2026-11-28 16:00`, in UTC. */
export function formatTime(milliseconds: number): string {
  const time = new Date(milliseconds);
  // Beyond the range of dates.
  if (Number.isNaN(time.getTime())) return String(milliseconds);
  return time.toISOString().slice(0, -8).replace('T', ' ');
}

/** Shortens a text of data, with control and formatting characters as escapes: neither a terminal nor a page must interpret them. */
export function printable(text: string, maxLength = MAX_LENGTH): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return short.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** Quotes a text of data, like {@link printable}. */
export function quoteText(text: string): string {
  return `"${printable(text).replaceAll('"', String.raw`\"`)}"`;
}

const MAX_LENGTH = 60;
