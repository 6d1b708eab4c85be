/** A value for the writer of Parquet: null where there is none. */
export type ParquetValue =
  number | bigint | boolean | string | Uint8Array | null | readonly ParquetValue[];

/** Returns a value without its bytes, which are null, at any depth of lists. */
export function withoutBytes(value: ParquetValue): ParquetValue {
  if (Array.isArray(value)) return value.map(withoutBytes);
  return value instanceof Uint8Array ? null : value;
}

/** Returns a value with null in place of everything but bytes. */
export function onlyBytes(value: ParquetValue): ParquetValue {
  if (Array.isArray(value)) return value.map(onlyBytes);
  return value instanceof Uint8Array ? value : null;
}

/** Returns whether a value is bytes, or has some at any depth. */
export function hasBytes(value: ParquetValue): boolean {
  return Array.isArray(value) ? value.some(hasBytes) : value instanceof Uint8Array;
}
