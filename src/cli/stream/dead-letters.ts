// The dead letters of a pipeline's state: records whose step failed, and outputs that the other side refused. Both kinds
// have ids of their own, so people see `record:3` and `output:3`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { LastcallError } from '../../base/errors.ts';
import { openSqlite, openSqliteForReading, transaction } from '../../store/index.ts';
import { dropSinkDeadLetters, listSinkDeadLetters, retrySinkDeadLetters } from '../../stream/index.ts';
import type { Settings } from '../command.ts';
import { stateDirectory } from '../state-directory.ts';

export interface DeadLetter {
  /** `record:3` or `output:3`. */
  readonly id: string;
  /** The step, or the sink. */
  readonly from: string;
  readonly attempts: number;
  readonly error: string;
  /** The record, or the body that was sent; as text. */
  readonly content: string;
}

/** Which ones: their ids, or all of them. */
export type Which = readonly string[] | 'all';

/** Oldest first within each kind. @param limit of each kind */
export function listDeadLetters(pipeline: string, settings: Settings, limit: number): DeadLetter[] {
  using database = openedForReading(pipeline, settings);
  const records = database
    .prepare('SELECT id, step, attempts, error, record FROM lastcall_dead_letter ORDER BY id LIMIT ?')
    .all(limit)
    .map((row): DeadLetter => ({
      id: `record:${Number(row['id'])}`,
      from: `step ${String(row['step'])}`,
      attempts: Number(row['attempts']),
      error: String(row['error']),
      content: String(row['record']),
    }));
  const outputs = listSinkDeadLetters(database, limit).map(({ id, sink, attempts, reason, body }): DeadLetter => {
    return { id: `output:${id}`, from: sink, attempts, error: reason, content: body };
  });
  return [...records, ...outputs];
}

export interface Retried {
  /** Outputs that are offered again. */
  readonly count: number;
  /** Records whose step failed, which stay. */
  readonly records: number;
}

/**
 * Offers outputs to their sink again, at the next commit or start.
 * @throws LastcallError `usage` for a record, `not_found` for ids that are none: then nothing is done
 */
export function retryDeadLetters(pipeline: string, settings: Settings, which: Which): Retried {
  const { records, outputs } = sorted(which);
  if (records !== 'all' && records.length > 0) {
    throw new LastcallError('usage', {
      what: 'a record whose step failed is not tried again in its place: the stream has gone on without it',
      on: `record:${records[0]}`,
      todo: 'Correct the step, and feed the record in again; `lastcall deadletter drop` forgets it.',
    });
  }
  using database = openedForWriting(pipeline, settings);
  requireKnown(database, pipeline, which);
  const count = retrySinkDeadLetters(database, outputs);
  return { count, records: idsOf(database, 'lastcall_dead_letter').size };
}

/** Forgets them for good. @returns how many @throws LastcallError `not_found` for ids that are none: then nothing is done */
export function dropDeadLetters(pipeline: string, settings: Settings, which: Which): number {
  const { records, outputs } = sorted(which);
  using database = openedForWriting(pipeline, settings);
  requireKnown(database, pipeline, which);
  return dropRecords(database, records) + dropSinkDeadLetters(database, outputs);
}

function dropRecords(database: DatabaseSync, ids: readonly number[] | 'all'): number {
  return transaction(database, () => {
    if (ids === 'all') return Number(database.prepare('DELETE FROM lastcall_dead_letter').run().changes);
    const drop = database.prepare('DELETE FROM lastcall_dead_letter WHERE id IN (SELECT value FROM json_each(?))');
    return Number(drop.run(JSON.stringify(ids)).changes);
  });
}

/** A slip of the pen must not look like a success. */
function requireKnown(database: DatabaseSync, pipeline: string, which: Which): void {
  if (which === 'all') return;
  const { records, outputs } = sorted(which);
  const known = { record: idsOf(database, 'lastcall_dead_letter'), output: idsOf(database, 'sink_dead_letter') };
  const missing = [
    ...(records as readonly number[]).filter((id) => !known.record.has(id)).map((id) => `record:${id}`),
    ...(outputs as readonly number[]).filter((id) => !known.output.has(id)).map((id) => `output:${id}`),
  ];
  if (missing.length === 0) return;
  throw new LastcallError('not_found', {
    what: missing.length === 1 ? 'there is no such dead letter' : 'there are no such dead letters',
    on: missing.join(', '),
    todo: `Nothing was changed. \`lastcall deadletter list ${pipeline}\` shows what there is.`,
  });
}

function idsOf(database: DatabaseSync, table: string): ReadonlySet<number> {
  const exists = database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table) !== undefined;
  if (!exists) return new Set();
  return new Set(
    database
      .prepare(`SELECT id FROM ${table}`)
      .all()
      .map((row) => Number(row['id'])),
  );
}

function sorted(which: Which): Record<'records' | 'outputs', readonly number[] | 'all'> {
  if (which === 'all') return { records: 'all', outputs: 'all' };
  const records: number[] = [];
  const outputs: number[] = [];
  for (const id of which) {
    const [, kind, number] = /^(record|output):(\d{1,15})$/.exec(id) ?? [];
    if (kind === undefined) {
      throw new LastcallError('usage', {
        what: 'this is not the id of a dead letter',
        on: id,
        todo: 'Ids are as `lastcall deadletter list` shows them, such as record:3 or output:3.',
      });
    }
    (kind === 'record' ? records : outputs).push(Number(number));
  }
  return { records, outputs };
}

function openedForReading(pipeline: string, settings: Settings): DatabaseSync {
  return openSqliteForReading(databaseOf(pipeline, settings));
}

function openedForWriting(pipeline: string, settings: Settings): DatabaseSync {
  return openSqlite(databaseOf(pipeline, settings));
}

function databaseOf(pipeline: string, settings: Settings): string {
  const path = join(stateDirectory(settings), 'pipelines', pipeline, 'state.db');
  if (/^[\w.-]+$/.test(pipeline) && existsSync(path)) return path;
  throw new LastcallError('not_found', {
    what: 'there is no pipeline of this name with a state',
    on: pipeline,
    todo: 'Give the name that the pipeline was defined with, and its --state-dir.',
  });
}
