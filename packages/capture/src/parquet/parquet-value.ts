import type { Datatype } from '@fairlead/signature';
import type { CapturedValue } from '../columns/captured-value.ts';

/** A value for the writer of Parquet: null where there is none. */
export type ParquetValue =
  number | bigint | boolean | string | Uint8Array | null | readonly ParquetValue[];

/** Converts a value of a spool file, at any depth of lists. */
export function parquetValue(value: CapturedValue | null, datatype: Datatype): ParquetValue {
  if (value === null) return null;
  if (Array.isArray(value)) {
    return value.map((each: CapturedValue) => parquetValue(each, datatype));
  }
  switch (datatype) {
    case 'INT64':
    case 'UINT64':
      return BigInt(value as string);
    case 'FP16':
    case 'FP32':
    case 'FP64':
      return Number(value);
    case 'BYTES':
      return typeof value === 'string' ? value : null;
    default:
      return value as number | boolean;
  }
}

/** Returns the bytes that are no UTF-8 in place of the values that have them, and null for others. */
export function binaryValue(value: CapturedValue | null): ParquetValue {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((each: CapturedValue) => binaryValue(each));
  return typeof value === 'object' && 'base64' in value
    ? Uint8Array.from(Buffer.from(value.base64, 'base64'))
    : null;
}

/** Returns whether a value has bytes that are no UTF-8. */
export function hasBinary(value: CapturedValue | null): boolean {
  if (Array.isArray(value)) return value.some((each: CapturedValue) => hasBinary(each));
  return typeof value === 'object' && value !== null;
}
