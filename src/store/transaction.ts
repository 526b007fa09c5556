// One transaction: all of it or nothing.
import type { DatabaseSync } from 'node:sqlite';

import { assert } from '../base/assert.ts';
import { sqliteError } from './sqlite-error.ts';

/**
 * Runs `body` between BEGIN IMMEDIATE and COMMIT, and rolls back if anything throws. When it returns, what `body` wrote
 * is on the device. If it throws `io` after COMMIT began, the commit is rolled back for this process, but a crash may
 * still bring it back: close the database, and learn from it what was committed.
 * @param body synchronous; must not begin or end transactions
 * @throws what `body` throws; LastcallError `disk_full`, `io`, `state_refused` (damaged), `timeout` (locked for 5 s)
 */
export function transaction<Result>(database: DatabaseSync, body: () => Result): Result {
  assert(!database.isTransaction, 'a transaction inside a transaction');
  const path = (): string => database.location() ?? 'database';
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = body();
    assert(!(result instanceof Promise), 'a transaction whose body is asynchronous');
    database.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(database);
    throw sqliteError(error, path());
  }
}

/** SQLite rolls back by itself on some errors (full disk, I/O), and the ROLLBACK of a failing device may fail too. */
function rollBack(database: DatabaseSync): void {
  if (!database.isOpen || !database.isTransaction) return;
  try {
    database.exec('ROLLBACK');
  } catch {
    // The error that made it necessary is the one to tell; nothing was committed either way.
  }
}
