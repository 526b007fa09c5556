// Where a reconciliation keeps what it knows: `STATE/reconcile/NAME`, owned by one process at a time. A dry run works on a
// copy in memory: it reads what a real run would read, and changes nothing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { LastcallError } from '../base/errors.ts';
import { lockDirectory, openSqlite, openSqliteForReading } from '../store/index.ts';
import type { TaskLedger } from './core/ledger.ts';
import { Journal } from './journal.ts';

/** Of each of the two tables of ended tasks: 48 MiB, three million tasks. */
const ENDED_SLOTS_MAX = 2 ** 22;
const DATABASE = 'reconcile.db';
/** Part of a path. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export interface Place {
  readonly directory: string;
  readonly database: DatabaseSync;
  readonly journal: Journal;
  readonly ledger: TaskLedger;
  close(): void;
}

export interface PlaceOptions {
  readonly name: string;
  readonly stateDir: string;
  readonly dryRun: boolean;
}

/** @throws LastcallError `usage` */
export function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new LastcallError('usage', {
    what: 'a name has letters, digits, dots, underscores and hyphens, at most 100',
    on: `--name ${name}`,
    todo: 'Choose another one.',
  });
}

/** @throws LastcallError `fenced`, `state_refused`, `io` */
export async function openPlace({ name, stateDir, dryRun }: PlaceOptions, instance: string): Promise<Place> {
  const home = join(stateDir, 'reconcile', name);
  return dryRun ? openCopy(home) : openHome(home, instance);
}

function openHome(home: string, instance: string): Place {
  const lock = lockDirectory(home, instance);
  try {
    return opened(home, openSqlite(join(home, DATABASE)), () => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** In memory, so that nothing is left behind however it ends. */
function openCopy(home: string): Place {
  const database = new DatabaseSync(':memory:');
  copyInto(join(home, DATABASE), database);
  return opened(home, database, () => {});
}

function copyInto(from: string, to: DatabaseSync): void {
  try {
    openSqliteForReading(from).close(); // is it there, and a database that may be read?
  } catch (error) {
    if (error instanceof LastcallError && error.code === 'not_found') return; // the first run of this name
    throw error;
  }
  const location = pathToFileURL(from);
  location.searchParams.set('mode', 'ro');
  if (!existsSync(`${from}-wal`)) location.searchParams.set('immutable', '1');
  to.prepare('ATTACH ? AS real').run(location.href);
  const tables = to.prepare("SELECT name, sql FROM real.sqlite_schema WHERE type = 'table'").all();
  for (const { name, sql } of tables) {
    to.exec(sql as string);
    to.exec(`INSERT INTO main."${String(name)}" SELECT * FROM real."${String(name)}"`);
  }
  to.exec('DETACH real');
}

function opened(directory: string, database: DatabaseSync, also: () => void): Place {
  try {
    const journal = new Journal(database);
    const ledger = journal.loadLedger(ENDED_SLOTS_MAX);
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      database.close();
      also();
    };
    return { directory, database, journal, ledger, close };
  } catch (error) {
    database.close();
    throw error;
  }
}
