// Reading a source to its end in tests: all records, in whatever pieces a test chooses, with the position after each.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { START, type Batch, type OpenSource, type Position, type Source } from '../../ports.ts';

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

/** A directory that is removed when the test ends. */
export async function temporaryDirectory(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'lastcall-source-'));
  context.after(() => rm(path, { recursive: true }));
  return path;
}

/** Opens sources against one state database, as successive runs of a pipeline do. */
export async function sourceOpener(
  context: TestContext,
  directory: string,
): Promise<(source: Source<unknown>) => Promise<OpenSource>> {
  const database = new DatabaseSync(join(directory, 'state.db'));
  const closing: OpenSource[] = [];
  context.after(async () => {
    for (const source of closing) await source.close();
    database.close();
  });
  return async (source) => {
    const open = await source.open({ directory, database });
    closing.push(open);
    return open;
  };
}

/** Reads as an engine does that waits for more: until there are `count` records. */
export async function readUntil(source: OpenSource, count: number, from: Position = START): Promise<ReadRecord[]> {
  const signal = AbortSignal.timeout(20_000);
  const records: ReadRecord[] = [];
  let after = from;
  while (records.length < count) {
    const batch = await source.read(0, after, count - records.length, signal);
    assert.notEqual(batch, 'end');
    if (batch === 'idle') await source.more(signal);
    if (typeof batch === 'string') {
      signal.throwIfAborted();
      continue;
    }
    for (const [index, row] of rowsOf(batch).entries()) records.push({ row, after: batch.positionAfter(index) });
    after = batch.positionAfter(batch.length - 1);
  }
  return records;
}
