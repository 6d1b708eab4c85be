export { deleteCaptures } from './deletion/delete-captures.ts';
export type { DeleteOptions, DeleteResult } from './deletion/delete-captures.ts';
export type { SearchedValue } from './deletion/match-value.ts';
export { parquetSink } from './parquet-sink.ts';
export type { ParquetSinkOptions } from './parquet-sink.ts';
