/** `JSON.rawJSON` of ECMAScript's proposal, which Node has since version 21; TypeScript doesn't know it yet. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** Writes a value as indented JSON; whole numbers beyond 2^53 (`bigint`) keep every digit, an infinity becomes `null`. */
export function jsonText(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, each: unknown): unknown => {
      if (typeof each === 'bigint') return rawJSON(String(each));
      return each instanceof Map ? Object.fromEntries(each) : each;
    },
    2,
  );
}
