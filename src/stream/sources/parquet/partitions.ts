// How the row groups of a file are shared out among partitions.
import { LastcallError } from '../../../base/errors.ts';

/** One partition: row groups `from` … `to` (exclusive). */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

/**
 * Contiguous runs of row groups with about as many rows each; every run has at least one row group.
 * @throws LastcallError `usage` if there are fewer row groups than partitions
 */
export function cutRanges(path: string, groupRows: readonly number[], partitions: number): Range[] {
  if (partitions > Math.max(1, groupRows.length)) {
    throw new LastcallError('usage', {
      what: `${groupRows.length} row groups cannot be cut into ${partitions} partitions`,
      on: path,
      todo: `Give at most ${Math.max(1, groupRows.length)} partitions.`,
    });
  }
  const total = groupRows.reduce((sum, rows) => sum + rows, 0);
  const ranges: Range[] = [];
  let from = 0;
  let done = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const goal = (total * (partition + 1)) / partitions;
    const latest = groupRows.length - (partitions - partition - 1);
    let to = from;
    let rows = 0;
    while (to < latest && (to === from || partition === partitions - 1 || done + rows + groupRows[to]! / 2 <= goal)) {
      rows += groupRows[to++]!;
    }
    ranges.push({ from, to, rows });
    from = to;
    done += rows;
  }
  return ranges;
}
