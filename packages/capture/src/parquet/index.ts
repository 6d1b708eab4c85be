export { parquetSink } from './parquet-sink.ts';
export type { ParquetSinkOptions } from './parquet-sink.ts';
