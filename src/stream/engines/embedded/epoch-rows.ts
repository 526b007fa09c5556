// Reading the chain of epochs.
import type { DatabaseSync } from 'node:sqlite';
import type { EpochRow } from './chain.ts';

/** The newest epochs, at most `count`, in ascending order. */
export function newestEpochs(database: DatabaseSync, count: number): EpochRow[] {
  return database
    .prepare(
      `SELECT epoch, at_ms AS atMs, topology, code, records, outputs, dead, manifest, previous, hash
       FROM lastcall_epoch ORDER BY epoch DESC LIMIT ?`,
    )
    .all(count)
    .map((row) => ({ ...row }) as unknown as EpochRow)
    .reverse();
}

/** When the oldest epoch that is kept was committed, wall clock; null if there is none. */
export function oldestEpochAtMs(database: DatabaseSync): number | null {
  const row = database.prepare('SELECT at_ms FROM lastcall_epoch ORDER BY epoch LIMIT 1').get();
  return row === undefined ? null : Number(row['at_ms']);
}
