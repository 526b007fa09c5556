// The sources of a pipeline. Adding one is a new folder or file and a line here.
export { parquet, type ParquetOptions, type ParquetRow } from './parquet/parquet.ts';
export type { ColumnType } from './parquet/schema.ts';
export { BadRecord } from './bad-record.ts';
