// Whether a database is whole, at three depths. SQLite has no checksums of its own pages: a flipped bit inside of a value
// passes all three, so what must not change unnoticed carries a checksum in its row.
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

import { isDamage, sqliteError } from './sqlite-error.ts';

/**
 * `header`: first page and file size, at once. `quick`: every page's structure, reading all of it. `full`: also every
 * index against its table, unique and foreign keys.
 */
export type IntegrityDepth = 'header' | 'quick' | 'full';

/** A report is cut at this many problems. */
const PROBLEMS_MAX = 20;

/** What is wrong with the database, in SQLite's words; empty if nothing was found. @throws LastcallError `io`, `timeout` */
export function integrityProblems(database: DatabaseSync, depth: IntegrityDepth): string[] {
  try {
    const header = headerProblems(database);
    if (header.length > 0 || depth === 'header') return header;
    if (depth === 'quick') return pragmaProblems(database, 'quick_check');
    return [...pragmaProblems(database, 'integrity_check'), ...foreignKeyProblems(database)].slice(0, PROBLEMS_MAX);
  } catch (error) {
    // Damage that SQLite stumbles over while it looks is a finding, not a failure of the look.
    if (isDamage(error)) return [error.message];
    throw sqliteError(error, database.location() ?? 'database');
  }
}

/** A file that was cut off is shorter than its pages, unless the missing ones are still in the WAL. */
function headerProblems(database: DatabaseSync): string[] {
  const pragma = (name: string): number => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
  const expected = pragma('page_count') * pragma('page_size');
  const path = database.location();
  if (path === null) return [];
  const size = fileSize(path);
  if (size >= expected || fileSize(`${path}-wal`) > 0) return [];
  return [`the file is cut off: ${size} bytes of ${expected}`];
}

function pragmaProblems(database: DatabaseSync, check: 'quick_check' | 'integrity_check'): string[] {
  const rows = database.prepare(`PRAGMA ${check}(${PROBLEMS_MAX})`).all();
  return rows.map((row) => String(row[check])).filter((text) => text !== 'ok');
}

function foreignKeyProblems(database: DatabaseSync): string[] {
  const rows = database.prepare('PRAGMA foreign_key_check').all();
  return rows.map(
    (row) =>
      `row ${String(row['rowid'])} of ${String(row['table'])} refers to a missing row of ${String(row['parent'])}`,
  );
}

function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
