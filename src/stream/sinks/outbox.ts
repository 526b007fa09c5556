// Outputs on their way to the outside: put down in the transaction of their epoch, taken off when the other side has
// acknowledged them, or moved to the dead letters when it refuses them for good. What is in the outbox survives kills and
// is delivered again under the same key.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { transaction } from '../../store/index.ts';
import { tableExists } from './registry.ts';

export interface OutboxRow {
  readonly id: number;
  /** The same for the same output, however often it is delivered. */
  readonly key: string;
  readonly body: string;
}

export interface Refusal {
  readonly id: number;
  /** Why, for people. */
  readonly reason: string;
  readonly attempts: number;
  /** Wall-clock milliseconds. */
  readonly atMs: number;
}

const CREATE = `
  CREATE TABLE IF NOT EXISTS sink_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sink TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sink_dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sink TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT;
`;

export class Outbox {
  readonly #database: DatabaseSync;
  readonly #sink: string;
  readonly #insert: StatementSync;
  readonly #page: StatementSync;
  readonly #newest: StatementSync;
  readonly #count: StatementSync;
  readonly #delete: StatementSync;
  readonly #bury: StatementSync;

  /** @param sink identity of the sink whose rows these are */
  constructor(database: DatabaseSync, sink: string) {
    database.exec(CREATE);
    this.#database = database;
    this.#sink = sink;
    this.#insert = database.prepare('INSERT INTO sink_outbox (sink, key, body) VALUES (?, ?, ?)');
    this.#page = database.prepare(
      'SELECT id, key, body FROM sink_outbox WHERE sink = ? AND id > ? ORDER BY id LIMIT ?',
    );
    this.#newest = database.prepare('SELECT coalesce(max(id), 0) AS id FROM sink_outbox WHERE sink = ?');
    this.#count = database.prepare('SELECT count(*) AS rows FROM sink_outbox WHERE sink = ?');
    this.#delete = database.prepare('DELETE FROM sink_outbox WHERE id IN (SELECT value FROM json_each(?))');
    this.#bury = database.prepare(
      `INSERT INTO sink_dead_letter (sink, key, body, reason, attempts, at_ms)
       SELECT sink, key, body, ?, ?, ? FROM sink_outbox WHERE id = ?`,
    );
  }

  /** Within the transaction of the epoch. @returns its id; ids only grow */
  insert(key: string, body: string): number {
    return Number(this.#insert.run(this.#sink, key, body).lastInsertRowid);
  }

  /** The newest row; 0 if there is none. */
  newestId(): number {
    return this.#newest.get(this.#sink)!['id'] as number;
  }

  /** The first `rowsMax` rows after `id`, in the order in which they were put down. */
  after(id: number, rowsMax: number): OutboxRow[] {
    return this.#page.all(this.#sink, id, rowsMax) as unknown as OutboxRow[];
  }

  count(): number {
    return this.#count.get(this.#sink)!['rows'] as number;
  }

  /** Delivered. A transaction of its own, so not to be called within one. */
  remove(ids: readonly number[]): void {
    this.#delete.run(JSON.stringify(ids));
  }

  /** Refused: moved to the dead letters, in a transaction of its own. */
  bury({ id, reason, attempts, atMs }: Refusal): void {
    transaction(this.#database, () => {
      this.#bury.run(reason, attempts, atMs, id);
      this.remove([id]);
    });
  }
}

/** An output that the other side refused, or that could not be delivered within its attempts. */
export interface SinkDeadLetter {
  readonly id: number;
  /** Identity of the sink. */
  readonly sink: string;
  readonly key: string;
  readonly body: string;
  readonly reason: string;
  readonly attempts: number;
  readonly atMs: number;
}

/** Dead letters of the sinks of a state database, oldest first. @param after id of the last one of the page before */
export function listSinkDeadLetters(database: DatabaseSync, rowsMax: number, after = 0): SinkDeadLetter[] {
  if (!tableExists(database, 'sink_dead_letter')) return [];
  const rows = database.prepare(
    `SELECT id, sink, key, body, reason, attempts, at_ms AS atMs FROM sink_dead_letter WHERE id > ? ORDER BY id LIMIT ?`,
  );
  return rows.all(after, rowsMax).map((row) => ({ ...row }) as unknown as SinkDeadLetter);
}

/**
 * Puts dead letters back into the outbox under their keys; they are delivered behind what is there, at the pipeline's next
 * commit or start. Returns how many there were.
 */
export function retrySinkDeadLetters(database: DatabaseSync, which: readonly number[] | 'all'): number {
  return takeOff(
    database,
    which,
    'INSERT INTO sink_outbox (sink, key, body) SELECT sink, key, body FROM sink_dead_letter',
  );
}

/** Forgets dead letters for good. Returns how many there were. */
export function dropSinkDeadLetters(database: DatabaseSync, which: readonly number[] | 'all'): number {
  return takeOff(database, which, null);
}

function takeOff(database: DatabaseSync, which: readonly number[] | 'all', copy: string | null): number {
  if (!tableExists(database, 'sink_dead_letter')) return 0;
  const condition = which === 'all' ? '' : ' WHERE id IN (SELECT value FROM json_each(?))';
  const parameters = which === 'all' ? [] : [JSON.stringify(which)];
  return transaction(database, () => {
    if (copy !== null) database.prepare(`${copy}${condition} ORDER BY id`).run(...parameters);
    const { changes } = database.prepare(`DELETE FROM sink_dead_letter${condition}`).run(...parameters);
    return Number(changes);
  });
}
