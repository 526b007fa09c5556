// Schema versions. Several components keep tables in one database (an engine, its sources and sinks); each has its own
// version, which only grows. A database written by a newer Lastcall is refused rather than guessed at.
import type { DatabaseSync } from 'node:sqlite';

import { LastcallError } from '../base/errors.ts';
import { transaction } from './transaction.ts';

/** One step forward: SQL, or what SQL alone cannot do. Never edited once released; mistakes get a further step. */
export type Migration = string | ((database: DatabaseSync) => void);

/**
 * Brings `component`'s tables to the newest version: what is missing of `migrations` is applied in one transaction.
 * Version n means that the first n were applied.
 * @returns the version before
 * @throws LastcallError `state_refused` if the database is at a newer version than `migrations` has
 */
export function migrate(database: DatabaseSync, component: string, migrations: readonly Migration[]): number {
  return transaction(database, () => {
    database.exec(
      'CREATE TABLE IF NOT EXISTS schema_version (component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT',
    );
    const before = schemaVersion(database, component);
    requireKnownVersion(database, component, migrations.length);
    for (const migration of migrations.slice(before)) {
      if (typeof migration === 'string') database.exec(migration);
      else migration(database);
    }
    database
      .prepare(
        'INSERT INTO schema_version VALUES (?, ?) ON CONFLICT (component) DO UPDATE SET version = excluded.version',
      )
      .run(component, migrations.length);
    return before;
  });
}

/** The version of a component's tables, 0 if it has none. Changes nothing. */
export function schemaVersion(database: DatabaseSync, component: string): number {
  const exists = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'").get();
  if (!exists) return 0;
  const row = database.prepare('SELECT version FROM schema_version WHERE component = ?').get(component);
  return row === undefined ? 0 : Number(row['version']);
}

/** @throws LastcallError `state_refused` if the component's tables are newer than `known`. Changes nothing. */
export function requireKnownVersion(database: DatabaseSync, component: string, known: number): void {
  const version = schemaVersion(database, component);
  if (version <= known) return;
  throw new LastcallError('state_refused', {
    what: `its ${component} tables are at version ${version}, and this Lastcall knows only up to ${known}`,
    on: database.location() ?? 'database',
    todo: 'Use the Lastcall that wrote it, or a newer one.',
  });
}
