// Which SQLite is safe. Some versions can lose committed transactions when a WAL reset races with a reader
// (https://sqlite.org/wal.html); a database is not opened with them.
import type { DatabaseSync } from 'node:sqlite';

import { LastcallError } from '../base/errors.ts';

type Version = readonly [major: number, minor: number, patch: number];

/** First good patch of each line that was repaired; later lines are good. */
const REPAIRED: readonly Version[] = [
  [3, 44, 6],
  [3, 50, 7],
  [3, 51, 3],
];

/** Whether this version has the WAL reset race. */
export function hasWalResetRace(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const line = REPAIRED.find(([m, n]) => m === major && n === minor);
  if (line) return patch < line[2];
  const [lastMajor, lastMinor] = REPAIRED.at(-1)!;
  return major < lastMajor || (major === lastMajor && minor < lastMinor);
}

/** @throws LastcallError `dependency` if the SQLite of this Node can lose committed transactions */
export function requireSafeSqlite(database: DatabaseSync): void {
  const version = String(database.prepare('SELECT sqlite_version() AS version').get()!['version']);
  if (!hasWalResetRace(version)) return;
  throw new LastcallError('dependency', {
    what: `SQLite ${version} can lose committed transactions (WAL reset race)`,
    todo: 'Use a Node whose SQLite is 3.51.3 or newer: node -p process.versions.sqlite.',
  });
}
