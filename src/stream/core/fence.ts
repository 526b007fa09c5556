// Who may own a state. Two witnesses: the directory's lock, which the system drops when its holder dies, and the fence row
// in the database, with a lease that its owner renews. A takeover without the lock is possible (its holder hangs, and its
// lease ran out); the fence row then makes the old owner's next commit fail.

export interface FenceRow {
  readonly instance: string;
  /** The owner had the directory's lock too, so whoever gets the lock knows that it is gone. */
  readonly holdsLock: boolean;
  /** The owner ended in order. */
  readonly released: boolean;
  /** Wall clock, milliseconds. */
  readonly leaseUntilMs: number;
}

export interface FenceWitness {
  /** Whether we got the directory's lock. */
  readonly lock: 'ours' | 'taken';
  /** What became of the process that the row names. */
  readonly ownerFate: 'alive' | 'gone' | 'unknown';
  readonly nowMs: number;
}

export type FenceVerdict = 'take' | 'refuse';

/** Whether we may own a state whose fence row is `row` (null: it never had an owner). */
export function judgeFence(row: FenceRow | null, { lock, ownerFate, nowMs }: FenceWitness): FenceVerdict {
  // Somebody has the lock and no row to show for it: it is starting.
  if (row === null || row.released) return lock === 'ours' ? 'take' : 'refuse';
  if (lock === 'ours' && row.holdsLock) return 'take';
  if (lock === 'ours' && ownerFate === 'gone') return 'take';
  return nowMs > row.leaseUntilMs ? 'take' : 'refuse';
}
