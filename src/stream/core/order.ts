// The order in which records of several partitions meet. Partitions take turns of TURN records; whose turn it is follows
// from how many records of each have been processed, and from nothing else, so it is the same wherever an epoch is cut.
// A partition that has ended is passed over. One that has nothing at present (a growing source) is passed over too; what
// was read then depends on when, so the engine writes the runs into the epoch row.

/** Records of a partition in one turn. */
export const TURN = 4_096;

export interface Turn {
  readonly partition: number;
  /** At most this many records, then ask again. */
  readonly records: number;
}

/**
 * Whose turn it is.
 * @param counts records processed so far, by partition
 * @param skipped whether a partition has ended or has nothing at present
 * @returns null if all are skipped
 */
export function nextTurn(counts: readonly number[], skipped: (partition: number) => boolean): Turn | null {
  let chosen = -1;
  let fewestTurns = Number.POSITIVE_INFINITY;
  for (let partition = 0; partition < counts.length; partition++) {
    const turns = Math.floor(counts[partition]! / TURN);
    if (turns >= fewestTurns || skipped(partition)) continue;
    chosen = partition;
    fewestTurns = turns;
  }
  if (chosen === -1) return null;
  // Alone there is nobody to take turns with.
  const records = counts.length === 1 ? Number.POSITIVE_INFINITY : TURN - (counts[chosen]! % TURN);
  return { partition: chosen, records };
}
