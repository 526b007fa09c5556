// The files that SQLite works on, looked at and created without ever opening one that SQLite may have open: closing any
// descriptor of a file drops all of this process's locks on it (POSIX), SQLite's too.
import { lstatSync, statSync, type Stats } from 'node:fs';

import { LastcallError } from '../base/errors.ts';
import { claimFileSync, fileError } from '../base/files/index.ts';

/** What SQLite creates beside a database, following links. */
const BESIDE = ['-wal', '-shm', '-journal'];

/**
 * Creates an empty file (0600) durably, unless it is there; SQLite then gives its -wal and -shm the same permissions.
 * SQLite would follow a link, and create what it points to for all to read: a link that lies where one of these files
 * belongs was put there by somebody else.
 * @throws LastcallError `state_refused` if there is a link, `io` if there is something else that is no file; `disk_full`
 */
export function createPrivately(path: string): void {
  for (const beside of BESIDE) fileItself(`${path}${beside}`);
  // Who comes second finds a name that somebody has just taken, perhaps for a link.
  if (!fileItself(path) && !claimFileSync(path, '')) fileItself(path);
}

/** Whether there is a file of this very name. @throws LastcallError `state_refused`, `io` */
function fileItself(path: string): boolean {
  const found = looked(() => lstatSync(path, { throwIfNoEntry: false }), path);
  if (!found || found.isFile()) return found !== undefined;
  const isLink = found.isSymbolicLink();
  throw new LastcallError(isLink ? 'state_refused' : 'io', {
    what: isLink ? 'this is a symbolic link, which is not followed' : 'this is not a file',
    on: path,
    todo: 'Find out who put it there, and remove it, or choose another directory with --state-dir.',
  });
}

export function isFile(path: string): boolean {
  return looked(() => statSync(path, { throwIfNoEntry: false }), path)?.isFile() ?? false;
}

function looked(look: () => Stats | undefined, path: string): Stats | undefined {
  try {
    return look();
  } catch (error) {
    throw fileError(error, path);
  }
}
