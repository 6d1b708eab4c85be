import { float16ToNumber, numberToFloat16 } from '@fairlead/signature';

/** A value to search for; texts match numbers and booleans too. */
export type SearchedValue = string | number | bigint | boolean;

/** Decides whether a value of a column is one of those that are searched for; a list is if one of its elements is. */
export type ValueMatch = (value: unknown) => boolean;

/** Returns a match of values; `isSingle` for a column of single or half precision, whose values were rounded. */
export function matchValue(searched: readonly SearchedValue[], isSingle: boolean): ValueMatch {
  const texts = new Set(searched.map(String));
  const numbers = new Set(
    [...texts].flatMap((text) => {
      const number = text.trim() === '' ? NaN : Number(text);
      if (Number.isNaN(number)) return [];
      return isSingle ? [Math.fround(number), ...halfOf(number)] : [number];
    }),
  );
  const integers = new Set(
    [...texts].flatMap((text) => (/^-?\d+$/.test(text) ? [BigInt(text)] : [])),
  );
  const matches: ValueMatch = (value) => {
    if (typeof value === 'number') return numbers.has(value);
    if (typeof value === 'bigint') return integers.has(value);
    if (typeof value === 'string' || typeof value === 'boolean') return texts.has(String(value));
    return Array.isArray(value) && value.some(matches);
  };
  return matches;
}

/**
 * Returns the number of half precision that a captured one was rounded to, as Parquet has it in a column of single precision. Only
 * fractions: an identifier beyond 2048 would also find its neighbors.
 */
function halfOf(number: number): readonly number[] {
  const half = float16ToNumber(numberToFloat16(number));
  return Number.isInteger(half) || !Number.isFinite(half) ? [] : [half];
}
