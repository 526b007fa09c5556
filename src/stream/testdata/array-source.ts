// A source of given records in memory, for tests: partitions of rows or of columns, in batches of any size, finite or
// growing. Positions are [records done].
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, OpenSource, Position, ReadResult, Source } from '../ports.ts';

export interface ArraySourceOptions {
  /** Records per batch; by default as many as are asked for. */
  readonly batch?: number;
  /** `whole`: a batch is given whole, however few records are asked for, so that a slow step has much before it. */
  readonly batches?: 'whole';
  /** As columns instead of rows. */
  readonly columnar?: boolean;
  readonly identity?: string;
  /** After its records a partition is idle rather than at its end; `grow` adds more. */
  readonly growing?: boolean;
  /** What each read takes, milliseconds. */
  readonly everyMs?: number;
  /** Called before each read. */
  readonly onRead?: (partition: number, after: Position) => void | Promise<void>;
}

export interface ArraySource<Row> extends Source<Row> {
  grow(partition: number, rows: readonly Row[]): void;
  /** Forgets records, as a file that was cut short. */
  shorten(partition: number, length: number): void;
}

export function arraySource<Row extends object>(
  partitions: readonly (readonly Row[])[],
  options: ArraySourceOptions = {},
): ArraySource<Row> {
  const records = partitions.map((rows) => [...rows]);
  const waiting = new Set<() => void>();
  // Partitions that grew after the last read that found nothing: what comes before `more` is not missed.
  const grown = new Set<number>();
  const open: OpenSource = {
    partitions: records.length,
    endless: options.growing ?? false,
    recordsIn: (partition) => (options.growing ? null : records[partition]!.length),
    holds: async (partition, [done = 0]) => done <= records[partition]!.length,
    async read(partition, after, recordsMax, signal): Promise<ReadResult> {
      await options.onRead?.(partition, after);
      if (options.everyMs !== undefined) await sleep(options.everyMs);
      signal.throwIfAborted();
      const [from = 0] = after;
      const rows = records[partition]!.slice(from, from + sizeOf(options, recordsMax));
      if (rows.length === 0) {
        grown.delete(partition);
        return options.growing ? 'idle' : 'end';
      }
      return { ...dataOf(rows, options.columnar ?? false), ...frame(partition, after, from, rows.length) };
    },
    more: (signal) =>
      new Promise((resolve) => {
        if (grown.size > 0) resolve();
        waiting.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
    close: async () => {},
  };
  return {
    kind: 'array',
    identity: options.identity ?? 'array',
    schema: null,
    open: async () => open,
    grow(partition, rows) {
      records[partition]!.push(...rows);
      grown.add(partition);
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
    shorten(partition, length) {
      records[partition]!.length = length;
    },
  };
}

function sizeOf({ batch, batches }: ArraySourceOptions, recordsMax: number): number {
  return batches === 'whole' ? (batch ?? recordsMax) : Math.min(recordsMax, batch ?? recordsMax);
}

function frame(partition: number, after: Position, from: number, length: number): Omit<Batch, 'rows' | 'columns'> {
  return { partition, length, after, positionAfter: (index) => [from + index + 1] };
}

function dataOf(rows: readonly object[], columnar: boolean): Pick<Batch, 'rows'> | Pick<Batch, 'columns'> {
  if (!columnar) return { rows };
  const columns = Object.keys(rows[0]!).map((field) => [field, rows.map((row) => (row as Record<string, unknown>)[field])]);
  return { columns: Object.fromEntries(columns) as Record<string, unknown[]> };
}
