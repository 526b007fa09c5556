// Opening and running engines in tests, without a unit around them, and reading what they left.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { systemClock } from '../../base/clock.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { openPipeline } from '../engines/embedded/open.ts';
import type { OpenPipeline, PipelineOptions } from '../engines/embedded/open.ts';
import { DATABASE } from '../engines/embedded/place.ts';
import type { Pipeline } from '../pipeline.ts';

/** A new directory that is removed with the test. */
export async function temporaryDirectory(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lastcall-stream-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export function open(
  pipeline: Pipeline,
  directory: string,
  options: Partial<PipelineOptions> = {},
): Promise<OpenPipeline> {
  return openPipeline(pipeline, {
    directory,
    instance: 'unit_test',
    clock: systemClock,
    leaseMs: 10_000,
    signal: new AbortController().signal,
    accept: () => true,
    finished: () => {},
    onArchive: () => {},
    ...options,
  });
}

/** Runs until the source ends. @throws what the engine throws; it is closed either way */
export async function runToEnd(
  pipeline: Pipeline,
  directory: string,
  options: Partial<PipelineOptions> = {},
): Promise<void> {
  await using opened = await open(pipeline, directory, options);
  await opened.engine.run();
}

/** Waits until so many records are processed, and commits them: anything at a barrier commits what is open. */
export async function committed({ engine, epochs }: OpenPipeline, records: number): Promise<void> {
  await until(() => epochs.committed.row.records + epochs.open.records >= records, `${records} records`);
  await engine.atBarrier((commit) => commit());
  assert.equal(epochs.committed.row.records, records);
}

export interface Left {
  /** Rows of the table sink, in order. */
  readonly outputs: readonly unknown[];
  /** Every piece of state. */
  readonly pieces: readonly unknown[];
  readonly records: number;
  readonly dead: readonly {
    readonly partition: number;
    readonly attempts: number;
    readonly error: string;
    readonly record: string;
  }[];
}

/** What is committed in a directory, apart from how it was cut into epochs. */
export function leftIn(directory: string): Left {
  const database = new DatabaseSync(join(directory, DATABASE), { readOnly: true });
  try {
    const all = (sql: string): unknown[] =>
      database
        .prepare(sql)
        .all()
        .map((row) => ({ ...row }));
    return {
      outputs: all('SELECT partition, place, ordinal, output FROM results ORDER BY id'),
      pieces: all('SELECT slot, key, value, checksum FROM lastcall_piece ORDER BY slot, key'),
      records: (all('SELECT coalesce(max(records), 0) AS records FROM lastcall_epoch') as [{ records: number }])[0]
        .records,
      dead: all('SELECT partition, attempts, error, record FROM lastcall_dead_letter ORDER BY id') as Left['dead'],
    };
  } finally {
    database.close();
  }
}
