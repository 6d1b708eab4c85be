/** A string of JSON, which stays unchanged, or a number that JSON doesn't have. */
const STRING_OR_NON_FINITE = /"(?:[^"\\]|\\.)*"|(?<![\w.$])(?:NaN|-?Infinity)(?![\w.$])/g;

/**
 * Quotes `NaN`, `Infinity` and `-Infinity` in a text that is JSON except for these, as Python's `json` and NumPy write it;
 * `decodeTensor` reads the quoted ones in floating-point tensors.
 *
 * @example
 * ```ts
 * import { quoteNonFinite } from '@fairlead/signature';
 *
 * console.log(quoteNonFinite('{"data":[1,NaN,-Infinity],"name":"NaN"}')); // {"data":[1,"NaN","-Infinity"],"name":"NaN"}
 * ```
 */
export function quoteNonFinite(text: string): string {
  if (!text.includes('NaN') && !text.includes('Infinity')) return text;
  return text.replaceAll(STRING_OR_NON_FINITE, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  );
}
