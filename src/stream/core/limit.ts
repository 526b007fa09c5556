// Where a replay stops: after a number of records in all, or at a place of one partition. Up to there records come in the
// order in which they always come, so what is processed is what was processed then.
import type { Batch, Position } from '../ports.ts';
import { comparePositions } from './positions.ts';

interface Done {
  readonly records: number;
  readonly position: Position;
}

export interface Limit {
  /** @param progress by partition, so far @returns up to which record of the run it goes on, at least `from` */
  cut(run: { readonly batch: Batch; readonly from: number; readonly to: number }, progress: readonly Done[]): number;
  isReached(progress: readonly Done[]): boolean;
}

/** After this many records of all partitions since the pipeline first began. */
export function recordsLimit(total: number): Limit {
  const left = (progress: readonly Done[]): number => total - progress.reduce((sum, { records }) => sum + records, 0);
  return {
    cut: ({ from, to }, progress) => Math.max(from, Math.min(to, from + left(progress))),
    isReached: (progress) => left(progress) <= 0,
  };
}

/** Once everything of `partition` up to `position` is processed. */
export function positionLimit(partition: number, position: Position): Limit {
  const isReached = (progress: readonly Done[]): boolean => {
    const done = progress[partition];
    return done !== undefined && comparePositions(done.position, position) >= 0;
  };
  return {
    isReached,
    cut({ batch, from, to }, progress) {
      if (isReached(progress)) return from;
      if (batch.partition !== partition) return to;
      let index = from;
      while (index < to && comparePositions(batch.positionAfter(index), position) < 0) index += 1;
      return Math.min(to, index + 1);
    },
  };
}
