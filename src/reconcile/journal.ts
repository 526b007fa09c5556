// What survives: positions of the sources, the ledger, recoveries, and the intents of actions, in one SQLite database. An
// intent is committed before its action begins (invariant 6); one without a result is begun again after a crash, under the
// same id, which its receiver knows.
import type { DatabaseSync } from 'node:sqlite';
import { migrate, transaction } from '../store/index.ts';
import type { ActionResult, ReconcileEffect } from './core.ts';
import { EndedTasks, SLOTS_PER_PIECE, type EndedChange, type EndedTable } from './core/ended-tasks.ts';
import { type LedgerCounts, type OpenAttempt, TaskLedger } from './core/ledger.ts';
import { isForgettable, isResting, type Recovery } from './core/recovery.ts';

const MIGRATIONS = [
  `
  CREATE TABLE reconcile_position (source TEXT PRIMARY KEY, position TEXT NOT NULL) STRICT;
  CREATE TABLE reconcile_fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE reconcile_open (task_id TEXT PRIMARY KEY, attempt TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE reconcile_ended (side TEXT NOT NULL, piece INTEGER NOT NULL, words BLOB NOT NULL, PRIMARY KEY (side, piece)) STRICT;
  CREATE TABLE reconcile_recovery (task_id TEXT PRIMARY KEY, recovery TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE reconcile_intent (
    id TEXT PRIMARY KEY, task_id TEXT NOT NULL, action TEXT NOT NULL, result TEXT, detail TEXT,
    begun_at TEXT NOT NULL, ended_at TEXT, tries INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

const WORDS_PER_PIECE = SLOTS_PER_PIECE * 3;

interface SideFacts {
  readonly words: number;
  readonly count: number;
  readonly newestMs: number | null;
}

export type ActEffect = Extract<ReconcileEffect, { type: 'act' }>;

export class Journal {
  readonly #database: DatabaseSync;
  /** Ids of recoveries that stand in the database. */
  readonly #stored = new Set<string>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    migrate(database, 'reconcile', MIGRATIONS);
  }

  loadLedger(slotsMax: number): TaskLedger {
    const horizonMs = (this.#fact('horizonMs') as number | null | undefined) ?? -Infinity;
    const younger = this.#loadSide('younger');
    const elder = this.#loadSide('elder');
    const ended = new EndedTasks(slotsMax, younger && elder ? { younger, elder, horizonMs } : undefined);
    const counts = (this.#fact('counts') as LedgerCounts | undefined) ?? { lines: 0, completed: 0, endedOtherwise: 0 };
    const rows = this.#database.prepare('SELECT attempt FROM reconcile_open').all();
    const open = rows.map((row) => ({ ...(JSON.parse(row['attempt'] as string) as OpenAttempt), isStored: true }));
    return new TaskLedger(ended, counts, open);
  }

  /** Recoveries as they stood; what was in flight is to be done again, and who was asked is asked anew. */
  loadRecoveries(): Map<string, Recovery> {
    const rows = this.#database.prepare('SELECT recovery FROM reconcile_recovery').all();
    const recoveries = rows.map((row) => JSON.parse(row['recovery'] as string) as Recovery);
    for (const { taskId } of recoveries) this.#stored.add(taskId);
    return new Map(
      recoveries.map((recovery) => {
        const notBeforeMs = isResting(recovery.phase) ? 0 : recovery.notBeforeMs;
        return [recovery.taskId, { ...recovery, inFlight: false, notBeforeMs }];
      }),
    );
  }

  position(source: string): unknown {
    const row = this.#database.prepare('SELECT position FROM reconcile_position WHERE source = ?').get(source);
    return row === undefined ? null : JSON.parse(row['position'] as string);
  }

  /** What was read, and where each source stands, as one. */
  saveLedger(ledger: TaskLedger, positions: ReadonlyMap<string, unknown>): void {
    transaction(this.#database, () => {
      const setPosition = this.#database.prepare('INSERT OR REPLACE INTO reconcile_position VALUES (?, ?)');
      for (const [source, position] of positions) setPosition.run(source, JSON.stringify(position));
      const remove = this.#database.prepare('DELETE FROM reconcile_open WHERE task_id = ?');
      for (const taskId of ledger.removed) if (!ledger.open.has(taskId)) remove.run(taskId);
      const put = this.#database.prepare('INSERT OR REPLACE INTO reconcile_open VALUES (?, ?)');
      for (const attempt of ledger.changed) put.run(attempt.taskId, JSON.stringify(attempt));
      const { younger, elder } = ledger.ended.changes();
      this.#saveSide('younger', younger);
      this.#saveSide('elder', elder);
      this.#setFact('horizonMs', Number.isFinite(ledger.ended.horizonMs) ? ledger.ended.horizonMs : null);
      this.#setFact('counts', ledger.counts);
    });
    ledger.markStored();
  }

  /**
   * Recoveries that changed, and intents of what is about to be done: before any of it is done. What only was asked is not
   * stored: most tasks never come further, and a commit for each answer would cost more than reading the log.
   */
  saveStep(
    recoveries: ReadonlyMap<string, Recovery>,
    changed: Iterable<string>,
    intents: readonly ActEffect[],
    at: string,
  ): void {
    const gone: string[] = [];
    const kept: Recovery[] = [];
    for (const taskId of changed) {
      const recovery = recoveries.get(taskId);
      if (recovery && !isForgettable(recovery.phase)) kept.push(recovery);
      else if (this.#stored.has(taskId)) gone.push(taskId);
    }
    if (gone.length === 0 && kept.length === 0 && intents.length === 0) return;
    transaction(this.#database, () => {
      const remove = this.#database.prepare('DELETE FROM reconcile_recovery WHERE task_id = ?');
      for (const taskId of gone) remove.run(taskId);
      const put = this.#database.prepare('INSERT OR REPLACE INTO reconcile_recovery VALUES (?, ?)');
      for (const recovery of kept) put.run(recovery.taskId, JSON.stringify(recovery));
      const intend = this.#database.prepare(
        `INSERT INTO reconcile_intent VALUES (?, ?, ?, NULL, NULL, ?, NULL, 1)
         ON CONFLICT (id) DO UPDATE SET tries = tries + 1, result = NULL, begun_at = excluded.begun_at`,
      );
      for (const { intent, attempt, action } of intents) intend.run(intent, attempt.taskId, action, at);
    });
    for (const taskId of gone) this.#stored.delete(taskId);
    for (const { taskId } of kept) this.#stored.add(taskId);
  }

  saveResult(intent: string, result: ActionResult, detail: string, at: string): void {
    this.#database
      .prepare('UPDATE reconcile_intent SET result = ?, detail = ?, ended_at = ? WHERE id = ?')
      .run(result, detail, at, intent);
  }

  #loadSide(side: string): EndedTable | undefined {
    const facts = this.#fact(side) as SideFacts | undefined;
    if (!facts) return undefined;
    const slots = new Uint32Array(facts.words);
    const rows = this.#database.prepare('SELECT piece, words FROM reconcile_ended WHERE side = ?').iterate(side);
    for (const { piece, words } of rows) {
      const bytes = words as Uint8Array;
      new Uint8Array(slots.buffer).set(bytes, (piece as number) * WORDS_PER_PIECE * 4);
    }
    return { slots, count: facts.count, newestMs: facts.newestMs ?? -Infinity };
  }

  #saveSide(side: string, change: EndedChange): void {
    if (change.isAnew) this.#database.prepare('DELETE FROM reconcile_ended WHERE side = ?').run(side);
    const put = this.#database.prepare('INSERT OR REPLACE INTO reconcile_ended VALUES (?, ?, ?)');
    for (const { number, words } of change.pieces) {
      put.run(side, number, new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
    }
    const newestMs = Number.isFinite(change.newestMs) ? change.newestMs : null;
    this.#setFact(side, { words: change.words, count: change.count, newestMs } satisfies SideFacts);
  }

  #fact(name: string): unknown {
    const row = this.#database.prepare('SELECT value FROM reconcile_fact WHERE name = ?').get(name);
    return row === undefined ? undefined : JSON.parse(row['value'] as string);
  }

  #setFact(name: string, value: unknown): void {
    this.#database.prepare('INSERT OR REPLACE INTO reconcile_fact VALUES (?, ?)').run(name, JSON.stringify(value));
  }
}
