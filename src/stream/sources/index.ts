// The sources of a pipeline. Adding one is a new folder or file and a line here.
export { BadRecord } from './bad-record.ts';
export { csv, type CsvOptions } from './files/csv.ts';
export type { CsvRow, CsvType } from './files/csv-fields.ts';
export { jsonl, type JsonlOptions } from './files/jsonl.ts';
export { parquet, type ParquetOptions, type ParquetRow } from './parquet/parquet.ts';
export type { ColumnType } from './parquet/schema.ts';
export { fromIterable, type IterableFrom } from './from-iterable.ts';
export { httpIngest, type HttpIngestOptions } from './ingest/ingest.ts';
export { sqliteTable, type SqliteTableOptions } from './sqlite-table.ts';
