// What sinks stand on in tests: a real database file, and epochs that are committed or rolled back as an engine does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import type { OpenSink, Origin, Sink, SinkContext } from '../ports.ts';

/** A directory that is removed when the test ends. */
export async function temporaryDirectory(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'lastcall-sink-'));
  context.after(() => rm(path, { recursive: true }));
  return path;
}

/** A state database as an engine opens it. */
export function openDatabase(context: TestContext, directory: string): DatabaseSync {
  const database = new DatabaseSync(join(directory, 'state.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  context.after(() => {
    if (database.isOpen) database.close();
  });
  return database;
}

/** A sink that is open and recovered, on a database of its own. */
export async function openedSink<Output>(
  context: TestContext,
  sink: Sink<Output>,
): Promise<{
  open: OpenSink<Output>;
  database: DatabaseSync;
  directory: string;
  reopen: () => Promise<OpenSink<Output>>;
}> {
  const directory = await temporaryDirectory(context);
  const database = openDatabase(context, directory);
  const reopen = async (): Promise<OpenSink<Output>> => {
    const open = await sink.open({ database, directory, pipeline: 'test' } satisfies SinkContext);
    context.after(() => open.close());
    await open.recover();
    return open;
  };
  return { open: await reopen(), database, directory, reopen };
}

/** Where an output came from; positions are computed only when asked for. */
export function origin(position: readonly number[], ordinal = 0, partition = 0): Origin {
  return { partition, ordinal, position: () => position };
}

let epochs = 0;

/** Adds the outputs, one per record, and commits them. */
export async function commitEpoch<Output>(
  open: OpenSink<Output>,
  database: DatabaseSync,
  outputs: readonly Output[],
): Promise<void> {
  const epoch = ++epochs;
  for (const [index, output] of outputs.entries()) open.add(output, origin([epoch, index + 1]));
  await open.prepare?.(epoch);
  database.exec('BEGIN IMMEDIATE');
  open.commit(epoch);
  database.exec('COMMIT');
  await open.published?.(epoch);
}

/** As `commitEpoch`, but the transaction fails after the sink did its part. */
export async function rollBackEpoch<Output>(
  open: OpenSink<Output>,
  database: DatabaseSync,
  outputs: readonly Output[],
): Promise<void> {
  const epoch = ++epochs;
  for (const [index, output] of outputs.entries()) open.add(output, origin([epoch, index + 1]));
  await open.prepare?.(epoch);
  database.exec('BEGIN IMMEDIATE');
  open.commit(epoch);
  database.exec('ROLLBACK');
  open.discard();
}
