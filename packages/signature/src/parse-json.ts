import { parseKeepingIntegers } from './parse-keeping-integers.ts';

// 2^53 has 16 digits: without a longer integer the plain parser, which is much faster, is exact.
const LONG_INTEGER = /(?<![\d.])\d{16,}(?![\d.eE])/;

/**
 * Parses JSON text without losing integers beyond ±2^53: those of at most 20 digits become `bigint`.
 *
 * @throws SyntaxError when `text` is not JSON.
 *
 * @example
 * ```ts
 * import { parseJson } from '@fairlead/signature';
 *
 * console.log(parseJson('[1, 9007199254740993]')); // [ 1, 9007199254740993n ]
 * ```
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return LONG_INTEGER.test(text) ? parseKeepingIntegers(text) : value;
}
