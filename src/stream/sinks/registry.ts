// What sinks know about themselves across restarts, in the pipeline's database: one row per sink, written in the
// transaction that first needs it. It also tells a sink's own table from one that happens to have the same name.
import type { DatabaseSync } from 'node:sqlite';
import { LastcallError } from '../../base/errors.ts';
import { checkText } from '../../base/given.ts';

const CREATE = `CREATE TABLE IF NOT EXISTS sink_registry (
  identity TEXT PRIMARY KEY,
  definition TEXT NOT NULL
) STRICT`;

/** The definition that was stored for a sink, or null. */
export function registered(database: DatabaseSync, identity: string): unknown {
  if (!tableExists(database, 'sink_registry')) return null;
  const row = database.prepare('SELECT definition FROM sink_registry WHERE identity = ?').get(identity);
  return row === undefined ? null : JSON.parse(row['definition'] as string);
}

/** Stores a definition; to be called within the transaction of an epoch. */
export function register(database: DatabaseSync, identity: string, definition: unknown): void {
  database.exec(CREATE);
  database
    .prepare('INSERT OR REPLACE INTO sink_registry (identity, definition) VALUES (?, ?)')
    .run(identity, JSON.stringify(definition));
}

export function tableExists(database: DatabaseSync, table: string): boolean {
  return (
    database.prepare(`SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ?`).get(table) !==
    undefined
  );
}

/**
 * Names that SQL takes without quotes and that nobody else uses.
 * @param on the sink, for people
 * @throws LastcallError `usage`
 */
export function checkTableName(on: string, table: string): string {
  checkText(on, table, 'the name of a table');
  if (/^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(table) && !/^(sqlite|lastcall|sink|source)_/i.test(table)) return table;
  throw new LastcallError('usage', {
    what: `${JSON.stringify(table)} cannot name a table of outputs`,
    todo: 'Use a letter, then letters, digits and _, at most 63; not starting with sqlite_, lastcall_, sink_ or source_.',
  });
}

/** A table of that name is there, and this sink did not make it. */
export function foreignTable(table: string): LastcallError {
  return new LastcallError('usage', {
    what: 'the state database has a table of this name that the sink did not make',
    on: `table ${table}`,
    todo: 'Give the sink another table name.',
  });
}
