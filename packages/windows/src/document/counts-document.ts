import type { BinCounts } from '../bins/bin-counts.ts';
import type { ExactSum } from '../bins/exact-sum.ts';
import type { DocumentChecks, JsonObject } from './document-checks.ts';

/** More parts than an exact sum of 64-bit numbers can have. */
const MAX_PARTS = 64;
/** Larger than the sum of 2^53 numbers of at most 2^960. */
const MAX_PART = 2 ** 1013;

/** Returns counts without zeros and empty sums, for a document. */
export function encodeCounts(counts: BinCounts): Partial<BinCounts> {
  const entries = Object.entries(counts).filter(([name, value]: [string, unknown]) => {
    if (Array.isArray(value)) return value.some((each) => each !== 0);
    return value !== null && (value !== 0 || name === 'min' || name === 'max');
  });
  return Object.fromEntries(entries);
}

/** Reads a list of counts, one for each of `bins` bins; a missing list is zeros. */
export function decodeCountList(
  checks: DocumentChecks,
  value: unknown,
  path: string,
  bins: number,
): readonly number[] {
  const given = checks.list(value, path, bins);
  if (given.length === 0) return new Array<number>(bins).fill(0);
  if (given.length !== bins) throw checks.wrong(path, `a list of ${bins} counts`, given);
  return given.map((each, index) => checks.integer(each, `${path}[${index}]`));
}

/** Reads the counts of a feature whose bins were read. */
export function decodeCounts(
  checks: DocumentChecks,
  document: JsonObject,
  path: string,
  counts: readonly number[],
): BinCounts {
  const count = (name: string): number => checks.count(document[name], `${path}.${name}`);
  const sum = (name: string): ExactSum => decodeSum(checks, document[name], `${path}.${name}`);
  const extreme = (name: string): number | null => {
    const number = document[name];
    return number === undefined ? null : checks.number(number, `${path}.${name}`);
  };
  return {
    counts,
    missing: count('missing'),
    other: count('other'),
    under: count('under'),
    over: count('over'),
    underSum: sum('underSum'),
    overSum: sum('overSum'),
    sum: sum('sum'),
    min: extreme('min'),
    max: extreme('max'),
  };
}

/** Reads an exact sum; a missing one is zero. */
export function decodeSum(checks: DocumentChecks, value: unknown, path: string): ExactSum {
  return checks.list(value, path, MAX_PARTS).map((part, index) => {
    const number = checks.number(part, `${path}[${index}]`);
    if (Math.abs(number) <= MAX_PART) return number;
    throw checks.wrong(`${path}[${index}]`, 'a number within ±2^1013', part);
  });
}
