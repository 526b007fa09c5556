// The files that SQLite works on, looked at and created without ever opening one that SQLite may have open: closing any
// descriptor of a file drops all of this process's locks on it (POSIX), SQLite's too.
import { statSync } from 'node:fs';

import { claimFileSync, fileError } from '../base/files/index.ts';

/** Creates an empty file (0600) durably, unless it is there; SQLite then gives its -wal and -shm the same permissions. */
export function createPrivately(path: string): void {
  if (!isFile(path)) claimFileSync(path, '');
}

export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch (error) {
    throw fileError(error, path);
  }
}
