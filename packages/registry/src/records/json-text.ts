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
