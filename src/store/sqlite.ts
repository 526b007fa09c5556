// Opening SQLite so that a commit that returned is on the device: WAL, synchronous FULL, one writer, private files.
// Never open or read a database file by other means in a process that has it open: closing any descriptor of it drops
// SQLite's locks (POSIX), and another process could write at the same time.
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

import { ensureDirectorySync } from '../base/files/index.ts';
import { LastcallError } from '../base/errors.ts';
import { createPrivately, isFile } from './database-file.ts';
import { requireLocal } from './file-system.ts';
import { sqliteError } from './sqlite-error.ts';
import { requireSafeSqlite } from './sqlite-version.ts';

/** How long a statement waits for another process's lock, milliseconds. */
const BUSY_MS = 5_000;
/** What a WAL is cut back to after a checkpoint, bytes. */
const WAL_BYTES_KEPT = 64 * 2 ** 20;

/**
 * Opens `path` for writing, creating it (0600) and its directory (0700) if need be.
 * @throws LastcallError `state_refused` (damaged, not a database, network file system), `io`, `disk_full`, `timeout`
 *   (locked for 5 s), `dependency` (an SQLite that loses commits)
 */
export function openSqlite(path: string): DatabaseSync {
  const absolute = resolve(path);
  ensureDirectorySync(dirname(absolute));
  requireLocal(dirname(absolute));
  createPrivately(absolute);
  return opened(absolute, () => new DatabaseSync(absolute, { timeout: BUSY_MS, defensive: true }), configureWriter);
}

/**
 * Opens `path` for reading; creates no database and changes none. With a WAL beside it, what was committed is read
 * through it (SQLite may then create the -shm file, an index in shared memory). Without one nobody has it open, and it is
 * read as an immutable file: the caller sees to it that no writer starts meanwhile (lockDirectory).
 * @throws LastcallError `not_found`, `state_refused`, `io`, `timeout`, `dependency`
 */
export function openSqliteForReading(path: string): DatabaseSync {
  const absolute = resolve(path);
  if (!isFile(absolute)) {
    throw new LastcallError('not_found', { what: 'there is no database', on: path, todo: 'Check the path.' });
  }
  const location = pathToFileURL(absolute);
  if (!isFile(`${absolute}-wal`)) location.searchParams.set('immutable', '1');
  return opened(absolute, () => new DatabaseSync(location, { timeout: BUSY_MS, readOnly: true }), requireSafeSqlite);
}

function opened(path: string, open: () => DatabaseSync, configure: (database: DatabaseSync) => void): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = open();
    configure(database);
    // Reads the first page, so that a file that is no database is refused here and not somewhere later.
    database.prepare('PRAGMA schema_version').get();
    return database;
  } catch (error) {
    database?.close();
    throw sqliteError(error, path);
  }
}

function configureWriter(database: DatabaseSync): void {
  requireSafeSqlite(database);
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') {
    throw new LastcallError('state_refused', {
      what: `the file system does not support a write-ahead log (journal mode ${String(mode)})`,
      on: database.location() ?? 'database',
      todo: 'Choose a directory on a local disk with --state-dir.',
    });
  }
  database.exec(`
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA journal_size_limit = ${WAL_BYTES_KEPT};
  `);
}
