/** A string of JSON, which is passed over, or a number that JSON hasn't. */
const STRING_OR_NON_FINITE = /"(?:[^"\\]|\\.)*"|(?<![\w.$])(?:NaN|-?Infinity)(?![\w.$])/g;

/**
 * Puts quotes around `NaN`, `Infinity` and `-Infinity` in text that is JSON but for those, as Python's `json` and NumPy
 * write it; `decodeTensor` reads them in floating-point tensors.
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
