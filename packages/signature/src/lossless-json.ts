/** Thrown by a decoder that met an integer which plain `JSON.parse` can't represent. */
export class ImpreciseInteger extends Error {}

/**
 * Parses JSON text and decodes the value, without losing integers beyond ±2^53.
 *
 * `decode` sees what `JSON.parse` gives. If it throws {@link ImpreciseInteger}, the text is parsed a second time with
 * such integers as `bigint`, and decoded again: only the rare request that needs it pays for the slow parse.
 *
 * @throws SyntaxError when `text` is not JSON; whatever `decode` throws.
 */
export function decodeJson<T>(text: string, decode: (value: unknown) => T): T {
  try {
    return decode(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof ImpreciseInteger)) throw error;
    return decode(JSON.parse(text, keepIntegers));
  }
}

const INTEGER = /^-?\d+$/;

function keepIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && INTEGER.test(source) ? BigInt(source) : value;
}
