// Becoming the owner of a state, first half: the directory's lock, or, if another process holds it and has been silent for
// longer than its lease, the right to do without. The second half is the fence row, written when the state is known to be
// good (fence.ts).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LastcallError } from '../../../base/errors.ts';
import { lockDirectory, openSqliteForReading } from '../../../store/index.ts';
import type { DirectoryLock } from '../../../store/index.ts';
import { whyUnreadable } from '../../archive/unreadable.ts';
import { readFence, requireFree } from './fence.ts';
import type { FenceClaim, FenceOwner } from './fence.ts';
import { DATABASE } from './place.ts';

type Claim = Omit<FenceClaim, 'lock'>;

/**
 * The directory's lock; null if its holder has lost its lease and may be passed over.
 * @throws LastcallError `fenced` that names the owner
 */
export function takeLock(directory: string, claim: Claim): DirectoryLock | null {
  let lock: DirectoryLock;
  try {
    lock = lockDirectory(directory, claim.instance);
  } catch (error) {
    if (!(error instanceof LastcallError) || error.code !== 'fenced') throw error;
    requireLeaseOver(directory, claim, error);
    return null;
  }
  try {
    requireNoOwnerWithoutLock(directory, claim);
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Who passed over a hanging owner works without the lock, and keeps the state though the lock is free meanwhile. */
function requireNoOwnerWithoutLock(directory: string, claim: Claim): void {
  let row: FenceOwner | null;
  try {
    row = fenceRowOf(directory);
  } catch (error) {
    // Where the row cannot be read the state is damaged, and nobody can be at work on it for long.
    const damaged = !(error instanceof LastcallError) || error.code === 'state_refused';
    if (!damaged && whyUnreadable(error) === null) throw error;
    return;
  }
  if (row !== null) requireFree(row, { ...claim, lock: 'ours' }, directory);
}

/** @throws `refusal`, or one that also names the lease, unless the holder's lease is over */
function requireLeaseOver(directory: string, claim: Claim, refusal: LastcallError): void {
  const row = fenceRowOf(directory);
  // The lock's holder has not come as far as the fence row, or has left it: it is starting or ending right now.
  if (row === null || row.released) throw refusal;
  requireFree(row, { ...claim, lock: 'taken' }, directory);
}

/** Null where there is no database, or none that ever had an owner. */
function fenceRowOf(directory: string): FenceOwner | null {
  const path = join(directory, DATABASE);
  if (!existsSync(path)) return null;
  const database = openSqliteForReading(path);
  try {
    const hasFence = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'lastcall_fence'").get() !== undefined;
    return hasFence ? readFence(database) : null;
  } finally {
    database.close();
  }
}
