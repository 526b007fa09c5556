// Whether a directory that is there already may hold our sockets, records and reports: whoever else can write to it could
// put links and records of their own there. Directories above it are not looked at; /tmp is fine as a parent.
import { statSync, type Stats } from 'node:fs';
import { LastcallError } from '../base/errors.ts';
import { fileError } from '../base/files/index.ts';

/**
 * A directory that is not there is fine. Who may write to it besides us: root, and the groups that we are in, since
 * private groups per user and the volumes of pods (fsGroup) are made that way.
 * @throws LastcallError `usage` if somebody else owns it or can write to it; `io` if it cannot be looked at
 */
export function requireTrusted(path: string): void {
  // Systems without user ids have no such modes either.
  if (!process.getuid) return;
  const found = lookAt(path);
  const distrust = found && reasonAgainst(found, process.getuid());
  if (!distrust) return;
  throw new LastcallError('usage', {
    what: `${distrust}, so nothing is kept there`,
    on: path,
    todo: 'Make it yours alone (chown, chmod 700), or give another directory, such as a new one inside it, with --state-dir.',
  });
}

function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fileError(error, path);
  }
}

function reasonAgainst({ uid, gid, mode }: Stats, ours: number): string | null {
  if (uid !== ours && uid !== 0) return `this directory belongs to another user (${uid})`;
  if ((mode & 0o002) !== 0) return 'every user can write to this directory';
  const ourGroups = [process.getegid!(), ...process.getgroups!()];
  if ((mode & 0o020) !== 0 && !ourGroups.includes(gid)) return `group ${gid} can write to this directory`;
  return null;
}
