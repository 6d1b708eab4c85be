const INTEGER = /^-?\d+$/;

// 2^53 has 16 digits: without an integer that long the plain parser, which is much faster, loses nothing.
const LONG_INTEGER = /(?<![\d.])\d{16,}(?![\d.eE])/;

/**
 * Parses JSON text without losing integers beyond ±2^53: they become `bigint`.
 *
 * @throws SyntaxError when `text` is not JSON.
 */
export function parseJson(text: string): unknown {
  return LONG_INTEGER.test(text) ? JSON.parse(text, keepInteger) : JSON.parse(text);
}

function keepInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && INTEGER.test(source) ? BigInt(source) : value;
}

// In every Node.js that we support, but not yet in TypeScript's library
// (https://github.com/tc39/proposal-json-parse-with-source).
const { rawJSON } = JSON as typeof JSON & { readonly rawJSON: (text: string) => object };

/** Writes JSON text, two spaces deep; every integer of up to 64 bits with all of its digits. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, writeInteger, 2);
}

// JSON.stringify ends a large double in zeros, which as an integer is another number.
function writeInteger(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return rawJSON(String(value));
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return Number.isInteger(value) && Math.abs(value) <= 2 ** 64
    ? rawJSON(String(BigInt(value)))
    : value;
}
