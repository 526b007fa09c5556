// The scheduler's store in one SQLite file. A commit is one transaction and one fsync for however many events the edge has
// gathered; the directory's lock sees to it that there is one writer, and the epoch that this can be told afterwards.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { join } from 'node:path';
import { newId } from '../../base/id.ts';
import { type DirectoryLock, lockDirectory, migrate, openSqlite, transaction } from '../../store/index.ts';
import type { Changes } from '../core/state.ts';
import type { Intent, Job, Owner, Resource, Run } from '../core/types.ts';
import type {
  Answered,
  Batch,
  EventQuery,
  JobQuery,
  Loaded,
  Schedule,
  SchedulerStore,
  StoredEvent,
  TimeAnchor,
} from './port.ts';
import { jobOf, jobRow, parse } from './rows.ts';
import { COMPONENT, MIGRATIONS } from './schema.ts';

const FILE = 'scheduler.db';
/** Answers to requests with a key are kept for a day. */
const ANSWERED_MS = 24 * 3_600_000;
/** Removed in one go: pruning must not hold up a submit. */
const PRUNED_AT_ONCE = 500;

/**
 * Opens the store in `directory`, creating it if need be.
 * @param instance of the unit that owns it
 * @throws LastcallError `fenced` if another scheduler has it, `state_refused` if it is damaged or newer; `io`, `disk_full`
 */
export function openSqliteStore(directory: string, instance: string): SqliteStore {
  const lock = lockDirectory(directory, instance);
  try {
    const database = openSqlite(join(directory, FILE));
    try {
      migrate(database, COMPONENT, MIGRATIONS);
      return new SqliteStore(database, lock);
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

export class SqliteStore implements SchedulerStore {
  readonly storeId: string;
  readonly epoch: number;
  readonly #database: DatabaseSync;
  readonly #lock: DirectoryLock;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, lock: DirectoryLock) {
    this.#database = database;
    this.#lock = lock;
    const { storeId, epoch } = transaction(database, () => {
      const storeId = this.#meta('store') ?? newId('store', Date.now());
      const epoch = Number(this.#meta('epoch') ?? 0) + 1;
      this.#setMeta('store', storeId);
      this.#setMeta('epoch', String(epoch));
      return { storeId, epoch };
    });
    this.storeId = storeId;
    this.epoch = epoch;
  }

  async load(): Promise<Loaded> {
    const anchor = this.#meta('anchor');
    const rows = <Row>(table: string) =>
      this.#all(`SELECT row FROM ${table}`).map(({ row }) => parse(row, table) as Row);
    const seq = this.#get('SELECT max(seq) AS seq FROM jobs')?.['seq'];
    return {
      anchor: anchor === null ? null : (parse(anchor, 'meta') as TimeAnchor),
      seq: Number(seq ?? 0),
      jobs: this.#all('SELECT spec, rest FROM jobs WHERE live = 1 ORDER BY seq').map((row) =>
        jobOf(row['spec'], row['rest']),
      ),
      runs: rows<Run>('runs'),
      resources: rows<Resource>('resources'),
      intents: rows<Intent>('intents'),
      owners: rows<Owner>('owners'),
    };
  }

  async commit({ changes, anchor, answered, reports }: Batch): Promise<readonly number[]> {
    return transaction(this.#database, () => {
      this.#writeJobs(changes.jobs);
      this.#writeRows('runs', 'id', changes.runs);
      this.#writeRows('resources', 'id', changes.resources);
      this.#writeRows('intents', 'id', changes.intents);
      this.#writeRows('owners', 'name', changes.owners);
      for (const { job, attempt, text } of reports) {
        this.#run('INSERT OR REPLACE INTO reports VALUES (?, ?, ?)', job, attempt, text);
      }
      for (const { owner, key, hash, jobs } of answered) {
        this.#run(
          'INSERT OR REPLACE INTO answered VALUES (?, ?, ?, ?, ?)',
          owner,
          key,
          hash,
          JSON.stringify(jobs),
          anchor.wallMs,
        );
      }
      this.#setMeta('anchor', JSON.stringify(anchor));
      return changes.told.map((told) => {
        const { lastInsertRowid } = this.#prepare('INSERT INTO events (job, owner, row) VALUES (?, ?, ?)').run(
          told.job ?? null,
          told.owner ?? null,
          JSON.stringify(told),
        );
        return Number(lastInsertRowid);
      });
    });
  }

  async job(id: string): Promise<Job | null> {
    const row = this.#get('SELECT spec, rest FROM jobs WHERE id = ?', id);
    return row === undefined ? null : jobOf(row['spec'], row['rest']);
  }

  async outcomes(ids: readonly string[]): Promise<Readonly<Record<string, boolean>>> {
    const outcomes: Record<string, boolean> = {};
    for (const id of ids) {
      const state = this.#get('SELECT state FROM jobs WHERE id = ?', id)?.['state'];
      if (state === 'completed' || state === 'failed' || state === 'cancelled') outcomes[id] = state === 'completed';
    }
    return outcomes;
  }

  async jobs({ owner, states, label, before, limit }: JobQuery): Promise<readonly Job[]> {
    const conditions = ['seq < ?'];
    const values: (string | number)[] = [before ?? Number.MAX_SAFE_INTEGER];
    if (owner !== null) {
      conditions.push('owner = ?');
      values.push(owner);
    }
    if (states.length > 0) {
      conditions.push(`state IN (${states.map(() => '?').join(', ')})`);
      values.push(...states);
    }
    if (label !== null) {
      conditions.push('seq IN (SELECT seq FROM labels WHERE name = ? AND value = ?)');
      values.push(...label);
    }
    const where = conditions.join(' AND ');
    const rows = this.#all(`SELECT spec, rest FROM jobs WHERE ${where} ORDER BY seq DESC LIMIT ?`, ...values, limit);
    return rows.map((row) => jobOf(row['spec'], row['rest']));
  }

  async events({ after, job, owner, limit }: EventQuery): Promise<readonly StoredEvent[]> {
    const conditions = ['id > ?'];
    const values: (string | number)[] = [after];
    if (job !== null) {
      conditions.push('job = ?');
      values.push(job);
    }
    if (owner !== null) {
      conditions.push('(owner = ? OR owner IS NULL)');
      values.push(owner);
    }
    const rows = this.#all(
      `SELECT id, row FROM events WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT ?`,
      ...values,
      limit,
    );
    return rows.map(({ id, row }) => ({ ...(parse(row, 'events') as StoredEvent), id: Number(id) }));
  }

  async report(job: string, attempt: number | null): Promise<string | null> {
    const row = this.#get(
      'SELECT row FROM reports WHERE job = ? AND attempt = coalesce(?, attempt) ORDER BY attempt DESC LIMIT 1',
      job,
      attempt,
    );
    return row === undefined ? null : String(row['row']);
  }

  async answered(owner: string, key: string): Promise<Answered | null> {
    const row = this.#get('SELECT hash, jobs FROM answered WHERE owner = ? AND key = ?', owner, key);
    if (row === undefined) return null;
    return { owner, key, hash: String(row['hash']), jobs: parse(row['jobs'], 'answered') as string[] };
  }

  async schedules(): Promise<readonly Schedule[]> {
    return this.#all('SELECT row FROM schedules ORDER BY id').map(({ row }) => parse(row, 'schedules') as Schedule);
  }

  async putSchedule(schedule: Schedule): Promise<void> {
    transaction(this.#database, () => {
      this.#run('INSERT OR REPLACE INTO schedules VALUES (?, ?)', schedule.id, JSON.stringify(schedule));
    });
  }

  async removeSchedule(id: string): Promise<void> {
    transaction(this.#database, () => this.#run('DELETE FROM schedules WHERE id = ?', id));
  }

  async prune({ jobsMax, eventsMax }: { jobsMax: number; eventsMax: number }): Promise<readonly string[]> {
    return transaction(this.#database, () => {
      this.#run('DELETE FROM answered WHERE wall_ms < ?', Date.now() - ANSWERED_MS);
      this.#run(
        'DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ? AND id < (SELECT min(id) FROM events) + ?',
        eventsMax,
        10 * PRUNED_AT_ONCE,
      );
      const old = this.#all(
        `SELECT seq, id FROM jobs WHERE live = 0 AND seq <= (SELECT seq FROM jobs ORDER BY seq DESC LIMIT 1 OFFSET ?)
         ORDER BY seq LIMIT ?`,
        jobsMax,
        PRUNED_AT_ONCE,
      );
      for (const { seq, id } of old) {
        this.#run('DELETE FROM labels WHERE seq = ?', Number(seq));
        this.#run('DELETE FROM reports WHERE job = ?', String(id));
        this.#run('DELETE FROM jobs WHERE seq = ?', Number(seq));
      }
      return old.map(({ id }) => String(id));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
    this.#lock.release();
  }

  #writeJobs(jobs: Changes['jobs']): void {
    for (const job of jobs.values()) {
      const { seq, id, owner, state, live, spec, rest } = jobRow(job);
      const { changes } = this.#prepare('UPDATE jobs SET state = ?, live = ?, rest = ? WHERE seq = ?').run(
        state,
        live,
        rest,
        seq,
      );
      if (Number(changes) > 0) continue;
      this.#run('INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?)', seq, id, owner, state, live, spec, rest);
      for (const [name, value] of Object.entries(job.spec.labels)) {
        this.#run('INSERT OR IGNORE INTO labels VALUES (?, ?, ?)', name, value, seq);
      }
    }
  }

  #writeRows(table: string, key: string, rows: ReadonlyMap<string, object | null>): void {
    for (const [id, row] of rows) {
      if (row === null) this.#run(`DELETE FROM ${table} WHERE ${key} = ?`, id);
      else this.#run(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`, id, JSON.stringify(row));
    }
  }

  #meta(key: string): string | null {
    const row = this.#get('SELECT value FROM meta WHERE key = ?', key);
    return row === undefined ? null : String(row['value']);
  }

  #setMeta(key: string, value: string): void {
    this.#run('INSERT OR REPLACE INTO meta VALUES (?, ?)', key, value);
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#prepare(sql).run(...values);
  }

  #get(sql: string, ...values: (string | number | null)[]) {
    return this.#prepare(sql).get(...values);
  }

  #all(sql: string, ...values: (string | number | null)[]) {
    return this.#prepare(sql).all(...values);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }
}
