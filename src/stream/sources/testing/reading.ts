// Reading a source to its end in tests: all records, in whatever pieces a test chooses, with the position after each.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { START, type Batch, type OpenSource, type Position } from '../../ports.ts';

export interface ReadRecord {
  readonly row: unknown;
  readonly after: Position;
}

const never = new AbortController().signal;

/** Rows of a batch as plain objects, whether it is columnar or not. */
export function rowsOf(batch: Batch): unknown[] {
  if (batch.rows) return [...batch.rows];
  const names = Object.keys(batch.columns);
  return Array.from({ length: batch.length }, (_, index) =>
    Object.fromEntries(names.map((name) => [name, batch.columns[name]![index]])),
  );
}

/**
 * Everything after `from` up to the end, or up to where a growing source has nothing more at present.
 * @param piece how many records to ask for next
 */
export async function readAll(
  source: OpenSource,
  {
    partition = 0,
    from = START,
    piece = () => 1_000,
  }: { partition?: number; from?: Position; piece?: () => number } = {},
): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  let after = from;
  for (;;) {
    const recordsMax = piece();
    const batch = await source.read(partition, after, recordsMax, never);
    if (batch === 'end' || batch === 'idle') return records;
    assert.ok(batch.length >= 1 && batch.length <= recordsMax, `${batch.length} records of at most ${recordsMax}`);
    assert.ok(isDeepStrictEqual(batch.after, after), 'a batch says which position it comes after');
    for (const [index, row] of rowsOf(batch).entries()) records.push({ row, after: batch.positionAfter(index) });
    after = batch.positionAfter(batch.length - 1);
  }
}
