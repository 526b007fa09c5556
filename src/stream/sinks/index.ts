// The sinks of a pipeline. Adding one is a new folder or file and a line here.
export { none } from './none.ts';
export { sqlite, type SqliteOptions } from './sqlite/sqlite.ts';
export type { SqlType } from './sqlite/columns.ts';
