// Becoming the owner of a state, first half: the directory's lock, or, if another process holds it and has been silent for
// longer than its lease, the right to do without. The second half is the fence row, written when the state is known to be
// good (fence.ts).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LastcallError } from '../../../base/errors.ts';
import { lockDirectory, openSqliteForReading } from '../../../store/index.ts';
import type { DirectoryLock } from '../../../store/index.ts';
import { readFence, requireFree } from './fence.ts';
import type { FenceClaim } from './fence.ts';
import { DATABASE } from './place.ts';

/**
 * The directory's lock; null if its holder has lost its lease and may be passed over.
 * @throws LastcallError `fenced` that names the owner
 */
export function takeLock(directory: string, claim: Omit<FenceClaim, 'lock'>): DirectoryLock | null {
  try {
    return lockDirectory(directory, claim.instance);
  } catch (error) {
    if (!(error instanceof LastcallError) || error.code !== 'fenced') throw error;
    requireLeaseOver(directory, claim, error);
    return null;
  }
}

/** @throws `refusal`, or one that also names the lease, unless the holder's lease is over */
function requireLeaseOver(directory: string, claim: Omit<FenceClaim, 'lock'>, refusal: LastcallError): void {
  const path = join(directory, DATABASE);
  if (!existsSync(path)) throw refusal;
  const database = openSqliteForReading(path);
  try {
    const hasFence = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'lastcall_fence'").get() !== undefined;
    const row = hasFence ? readFence(database) : null;
    // The lock's holder has not come as far as the fence row, or has left it: it is starting or ending right now.
    if (row === null || row.released) throw refusal;
    requireFree(row, { ...claim, lock: 'taken' }, directory);
  } finally {
    database.close();
  }
}
