// One writer per directory. The lock is a write transaction that is held open on an empty SQLite file: the kernel drops
// it with the process, however it ends, in any container that shares the file. Who holds it stands in a file beside,
// for messages and for the next owner; that file decides nothing.
import { readFileSync, unlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { LastcallError } from '../base/errors.ts';
import { ensureDirectorySync, writeFileDurablySync } from '../base/files/index.ts';
import { describeProcess, fateOf, thisProcess } from '../base/process-identity.ts';
import type { ProcessIdentity } from '../base/process-identity.ts';
import { createPrivately } from './database-file.ts';
import { requireLocal } from './file-system.ts';
import { sqliteError } from './sqlite-error.ts';

/** Never opened by anything but SQLite: closing another descriptor of it in this process would drop the lock. */
const LOCK_FILE = 'lock';
const OWNER_FILE = 'owner.json';

export interface LockOwner extends ProcessIdentity {
  /** The unit's instance id. */
  readonly instance: string;
}

/** A held lock. It ends with `release`, or with the process. */
export interface DirectoryLock extends Disposable {
  readonly directory: string;
  readonly owner: LockOwner;
  /** Who held it before and ended without releasing it (killed, power loss); null if nobody. */
  readonly abandonedBy: LockOwner | null;
  /** May be called again. */
  release(): void;
}

/** Keeps the databases of held locks alive: a collected one would drop its lock in silence. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of `directory`, creating it if need be.
 * @param instance the unit's instance id, named in the message that others get
 * @throws LastcallError `fenced`, naming the owner, if another holds it; `state_refused` on a network file system; `io`
 */
export function lockDirectory(directory: string, instance: string): DirectoryLock {
  const absolute = resolve(directory);
  ensureDirectorySync(absolute);
  requireLocal(absolute);
  const database = holdTransaction(absolute);
  held.add(database);
  const release = (): void => {
    if (!held.delete(database)) return;
    removeOwner(absolute);
    database.close();
  };
  try {
    const abandonedBy = readLockOwner(absolute);
    const owner: LockOwner = { ...thisProcess(), instance };
    writeFileDurablySync(join(absolute, OWNER_FILE), `${JSON.stringify(owner)}\n`);
    return { directory: absolute, owner, abandonedBy, release, [Symbol.dispose]: release };
  } catch (error) {
    held.delete(database);
    database.close();
    throw error;
  }
}

/** Who holds the lock of `directory`, or last held it and did not release it; null if nobody is known. */
export function readLockOwner(directory: string): LockOwner | null {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(directory, OWNER_FILE), 'utf8'));
    return isLockOwner(owner) ? owner : null;
  } catch {
    return null;
  }
}

function isLockOwner(value: unknown): value is LockOwner {
  if (typeof value !== 'object' || value === null) return false;
  const owner: Partial<Record<string, unknown>> = { ...value };
  const texts = [owner['startTime'], owner['bootId'], owner['host'], owner['pidNamespace'], owner['instance']];
  return Number.isSafeInteger(owner['pid']) && texts.every((text) => typeof text === 'string');
}

function holdTransaction(directory: string): DatabaseSync {
  const path = join(directory, LOCK_FILE);
  createPrivately(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    // Nothing is ever written, so the file stays empty: there is nothing in it that could be damaged.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
    return database;
  } catch (error) {
    database?.close();
    const failure = sqliteError(error, directory);
    throw failure instanceof LastcallError && failure.code === 'timeout' ? takenBy(directory) : failure;
  }
}

/** The file may still name the owner before, if the present one took the lock a moment ago. */
function takenBy(directory: string): LastcallError {
  const owner = readLockOwner(directory);
  const named = owner !== null && fateOf(owner) !== 'gone';
  return new LastcallError('fenced', {
    what: `it is owned by ${named ? `${describeProcess(owner)}, ${owner.instance}` : 'a process that has just started'}`,
    on: directory,
    todo: 'Stop that one first (lastcall ps shows what runs here), or choose another directory with --state-dir.',
  });
}

function removeOwner(directory: string): void {
  try {
    unlinkSync(join(directory, OWNER_FILE));
  } catch {
    // Then the next owner is told that this one was killed, which costs a look at its reports and nothing else.
  }
}
