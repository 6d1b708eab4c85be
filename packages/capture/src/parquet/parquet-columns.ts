import type { Datatype } from '@fairlead/signature';
import type { SchemaElement } from 'hyparquet';
import type { CapturedColumn } from '../columns/captured-column.ts';

/** Type of one value in Parquet. */
type LeafType = Pick<SchemaElement, 'type' | 'converted_type'>;

const TEXT: LeafType = { type: 'BYTE_ARRAY', converted_type: 'UTF8' };

const leafTypes: Readonly<Record<Datatype, LeafType>> = {
  BOOL: { type: 'BOOLEAN' },
  INT8: { type: 'INT32', converted_type: 'INT_8' },
  INT16: { type: 'INT32', converted_type: 'INT_16' },
  INT32: { type: 'INT32' },
  INT64: { type: 'INT64' },
  UINT8: { type: 'INT32', converted_type: 'UINT_8' },
  UINT16: { type: 'INT32', converted_type: 'UINT_16' },
  UINT32: { type: 'INT32', converted_type: 'UINT_32' },
  UINT64: { type: 'INT64', converted_type: 'UINT_64' },
  // Parquet's half floats are read by few tools.
  FP16: { type: 'FLOAT' },
  FP32: { type: 'FLOAT' },
  FP64: { type: 'DOUBLE' },
  BYTES: TEXT,
};

/** Columns that every file has, before those of inputs and outputs. */
export const requestColumns: readonly SchemaElement[] = [
  { name: 'request_id', ...TEXT, repetition_type: 'REQUIRED' },
  { name: 'row', type: 'INT32', repetition_type: 'REQUIRED' },
  {
    name: 'time',
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    repetition_type: 'REQUIRED',
  },
  { name: 'duration_ms', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
  { name: 'model_version', ...TEXT, repetition_type: 'REQUIRED' },
  { name: 'variant', ...TEXT, repetition_type: 'OPTIONAL' },
  { name: 'weight', type: 'DOUBLE', repetition_type: 'REQUIRED' },
  { name: 'routing_key', ...TEXT, repetition_type: 'OPTIONAL' },
  { name: 'shadow_of', ...TEXT, repetition_type: 'OPTIONAL' },
  { name: 'fallback_from', ...TEXT, repetition_type: 'OPTIONAL' },
];

/** Schema elements of a column of values: one, or a nested list. */
export function columnSchema({ name, datatype, depth }: CapturedColumn): readonly SchemaElement[] {
  return listSchema(name, leafTypes[datatype], depth);
}

/** Schema elements of the column of the bytes that are no UTF-8, of a column of `BYTES`. */
export function binarySchema({ name, depth }: CapturedColumn): readonly SchemaElement[] {
  return listSchema(name, { type: 'BYTE_ARRAY' }, depth);
}

/** Lists of three levels (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists). */
function listSchema(name: string, leaf: LeafType, depth: number): readonly SchemaElement[] {
  if (depth === 0) return [{ name, ...leaf, repetition_type: 'OPTIONAL' }];
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...listSchema('element', leaf, depth - 1),
  ];
}
