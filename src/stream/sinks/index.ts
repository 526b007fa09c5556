// The sinks of a pipeline. Adding one is a new folder or file and a line here.
export { columns, readColumns, type ColumnBatch, type ColumnsOptions } from './columns/columns.ts';
export { http, type HttpOptions } from './http/http.ts';
export { none } from './none.ts';
export { dropSinkDeadLetters, listSinkDeadLetters, retrySinkDeadLetters, type SinkDeadLetter } from './outbox.ts';
export { csvFiles, type CsvFilesOptions } from './parts/csv-files.ts';
export { jsonlFiles } from './parts/jsonl-files.ts';
export type { PartOptions } from './parts/parts.ts';
export { sqlite, type SqliteOptions } from './sqlite/sqlite.ts';
export type { FieldType } from './fields.ts';
