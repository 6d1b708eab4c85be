import type { Datatype } from '@fairlead/signature';
import type { CapturedColumn } from '../../columns/captured-column.ts';
import type { ParquetValue } from '../parquet-value.ts';
import type { SpooledValues } from './spooled-values.ts';

/**
 * A value in a line of format 1: floats that JSON has no number for are `"NaN"`, `"Infinity"`, `"-Infinity"` and `"-0"`, 64-bit
 * integers are decimal texts, and bytes that are no UTF-8 are Base64.
 */
export type ListedValue =
  number | string | boolean | null | { readonly base64: string } | readonly ListedValue[];

/** Values of a request in a line of format 1: of each column a list with one for each row if it is batched, otherwise one for all rows. */
export class ListedValues implements SpooledValues {
  readonly #columns: readonly CapturedColumn[];
  readonly #values: readonly (ListedValue | undefined)[];

  constructor(columns: readonly CapturedColumn[], values: readonly (ListedValue | undefined)[]) {
    this.#columns = columns;
    this.#values = values;
  }

  at(column: number, row: number): ParquetValue {
    const { datatype, batched } = this.#columns[column] ?? {};
    const value = this.#values[column] ?? null;
    if (datatype === undefined) return null;
    if (!batched || !Array.isArray(value)) return fromListed(value, datatype);
    return fromListed((value[row] ?? null) as ListedValue, datatype);
  }
}

function fromListed(value: ListedValue, datatype: Datatype): ParquetValue {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((each: ListedValue) => fromListed(each, datatype));
  switch (datatype) {
    case 'INT64':
    case 'UINT64':
      return BigInt(value as string);
    case 'FP16':
    case 'FP32':
    case 'FP64':
      return Number(value);
    case 'BYTES':
      return typeof value === 'object' && 'base64' in value
        ? Uint8Array.from(Buffer.from(value.base64, 'base64'))
        : (value as string);
    default:
      return value as number | boolean;
  }
}
