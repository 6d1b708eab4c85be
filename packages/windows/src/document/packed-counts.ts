import type { DocumentChecks } from './document-checks.ts';

const RADIX = 36;
const COMMA = 0x2c;

/** Writes counts as a text of numbers of base 36 with commas, which is a third shorter than a list; no count is an empty text. */
export function packCounts(counts: readonly number[]): string {
  return counts.some((count) => count !== 0)
    ? counts.map((count) => count.toString(RADIX)).join(',')
    : '';
}

/** Reads `length` packed counts; a missing or empty text is zeros. */
export function unpackCounts(
  checks: DocumentChecks,
  value: unknown,
  path: string,
  length: number,
): number[] {
  if (value === undefined || value === '') return new Array<number>(length).fill(0);
  const expected = `${length} counts in base 36, separated by commas`;
  if (typeof value !== 'string') throw checks.wrong(path, expected, value);
  const counts = new Array<number>(length);
  let read = 0;
  let count = 0;
  let digits = 0;
  for (let at = 0; at <= value.length; at += 1) {
    const code = at === value.length ? COMMA : value.charCodeAt(at);
    if (code === COMMA) {
      if (digits === 0 || !Number.isSafeInteger(count)) throw checks.wrong(path, expected, value);
      if (read === length) throw checks.wrong(path, expected, value);
      counts[read++] = count;
      count = 0;
      digits = 0;
    } else {
      const digit = digitOf(code);
      if (digit === -1) throw checks.wrong(path, expected, value);
      count = count * RADIX + digit;
      digits += 1;
    }
  }
  if (read !== length) throw checks.wrong(path, expected, value);
  return counts;
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x7a ? code - 0x61 + 10 : -1;
}
