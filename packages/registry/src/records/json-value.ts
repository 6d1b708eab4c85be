/** A value of JSON. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A value of JSON with 64-bit integers: those beyond ±2^53 are `bigint`. */
export type LosslessJson =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly LosslessJson[]
  | { readonly [key: string]: LosslessJson };

/** Nesting limit, so that no reader's stack overflows. */
const MAX_DEPTH = 100;

/** Returns whether `value` is JSON: finite numbers only, nested at most 100 deep. */
export function isLosslessJson(value: unknown, depth: number = MAX_DEPTH): value is LosslessJson {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object': {
      if (value === null) return true;
      if (depth === 0) return false;
      const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
      return children.every((child) => isLosslessJson(child, depth - 1));
    }
    default:
      return false;
  }
}

/** Makes the numbers of `value` what `JSON.parse` makes them: the nearest double. */
export function toDoubles(value: LosslessJson): JsonValue {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(toDoubles);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, toDoubles(child)]));
}

function isList(value: object): value is readonly LosslessJson[] {
  return Array.isArray(value);
}

/** A value of JSON as text: a string as it is, anything else as JSON. */
export function asText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
