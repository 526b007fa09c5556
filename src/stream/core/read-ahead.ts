// How much is read of a source before it is processed: about one second of work at the pace of late. What was read is to be
// processed within the drain of a stop; what is not, is handed back.

/** Records processed of late, and how long they took with their share of commits. Older work counts for less and less. */
export interface Pace {
  readonly records: number;
  readonly ms: number;
}

/** Nothing was processed yet. */
export const NO_PACE: Pace = { records: 0, ms: 0 };

/** Work that was done before this much other work counts for about a third, milliseconds. */
const MEMORY_MS = 1_000;

/** The pace after `records` more took `tookMs`. */
export function paceAfter(pace: Pace, records: number, tookMs: number): Pace {
  const kept = Math.exp(-tookMs / MEMORY_MS);
  return { records: pace.records * kept + records, ms: pace.ms * kept + tookMs };
}

/** Most records asked of a source at once. */
export const READ_RECORDS_MAX = 20_000;
/** Work that is held in all, milliseconds. */
const HELD_MS = 1_000;
/** Batches that a partition holds: the one at hand and the one read ahead. */
const BATCHES = 2;

/**
 * Records to ask of one of `partitions` partitions at once, 1 … 20,000. While there is no pace yet, one: the first record
 * may take a minute.
 */
export function readRecords({ records, ms }: Pace, partitions: number): number {
  if (records === 0) return 1;
  const held = (records / Math.max(ms, Number.MIN_VALUE)) * HELD_MS;
  return Math.max(1, Math.min(READ_RECORDS_MAX, Math.floor(held / (BATCHES * partitions))));
}
