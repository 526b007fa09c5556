// A source that gives the first records of another one, and no more than so many a second: to run a large file as a
// short one, or as a stream that arrives over time. Neither changes what a record is, so neither changes the result.
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenSource, Position, Source } from '../../src/stream/index.ts';

export interface Limits {
  /** Records from the start. */
  readonly records: number;
  /** At most so many a second, counted from the first read; Infinity = as fast as it goes. */
  readonly perSecond: number;
  /** How many records of the (only) partition lie before a position. */
  readonly recordsBefore: (position: Position) => number;
}

/** Reads of a paced source bring at most what arrives in this time. */
const PACE_MS = 50;

export function limited<Row>(source: Source<Row>, limits: Limits): Source<Row> {
  return {
    kind: source.kind,
    // Read when asked for: the identity of a file is its content.
    get identity() {
      return source.identity;
    },
    schema: source.schema,
    open: async (context) => limit(await source.open(context), limits),
  };
}

function limit(opened: OpenSource, { records, perSecond, recordsBefore }: Limits): OpenSource {
  let begunAtMs: number | null = null;
  let given = 0;
  return {
    partitions: opened.partitions,
    recordsIn: (partition) => Math.min(records, opened.recordsIn(partition) ?? records),
    holds: (partition, position) => opened.holds(partition, position),
    async read(partition, after, recordsMax, signal) {
      const left = records - recordsBefore(after);
      if (left <= 0) return 'end';
      begunAtMs ??= performance.now();
      const dueMs = (given / perSecond) * 1_000 - (performance.now() - begunAtMs);
      if (dueMs > 0) await sleep(dueMs, undefined, { signal });
      const most = Math.max(1, Math.floor((perSecond * PACE_MS) / 1_000));
      const result = await opened.read(partition, after, Math.min(recordsMax, left, most), signal);
      if (typeof result === 'object') given += result.length;
      return result;
    },
    more: (signal) => opened.more(signal),
    committed: (positions) => opened.committed?.(positions),
    close: () => opened.close(),
  };
}
