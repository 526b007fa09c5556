// What a gateway must still know after a restart: roll-outs, what operators took out, and instances that they added. One
// SQLite database; each write is durable when it returns, and comes before what it tells of happens (invariant 6).
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { migrate, openSqlite, transaction } from '../../store/index.ts';
import type { InstanceSpec } from '../core/types.ts';
import type { Rollout } from '../core/rollout-types.ts';

const MIGRATIONS = [
  `CREATE TABLE rollouts (id TEXT PRIMARY KEY, model TEXT NOT NULL, started_ms INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
   CREATE TABLE taken_out (kind TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT;
   CREATE TABLE added (id TEXT PRIMARY KEY, pool TEXT NOT NULL, url TEXT NOT NULL, weight REAL NOT NULL) STRICT;`,
];

/** Ended roll-outs that are kept for `status`. */
const ROLLOUTS_KEPT = 200;

export interface AddedInstance extends InstanceSpec {
  readonly pool: string;
}

export class GatewayStore {
  readonly #database: DatabaseSync;

  /** @throws LastcallError as `openSqlite` does */
  constructor(directory: string) {
    this.#database = openSqlite(join(directory, 'gateway.db'));
    migrate(this.#database, 'gateway', MIGRATIONS);
  }

  saveRollout(rollout: Rollout): void {
    this.#write(() => {
      this.#database
        .prepare('INSERT INTO rollouts VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state')
        .run(rollout.id, rollout.model, Math.floor(rollout.startedAtMs), JSON.stringify(rollout));
      this.#database
        .prepare('DELETE FROM rollouts WHERE id NOT IN (SELECT id FROM rollouts ORDER BY id DESC LIMIT ?)')
        .run(ROLLOUTS_KEPT);
    });
  }

  /** Oldest first. */
  rollouts(): Rollout[] {
    const rows = this.#database.prepare('SELECT state FROM rollouts ORDER BY id').all();
    return rows.map((row) => JSON.parse(String(row['state'])) as Rollout);
  }

  takeOut(kind: 'instance' | 'version', id: string): void {
    this.#write(() => this.#database.prepare('INSERT OR IGNORE INTO taken_out VALUES (?, ?)').run(kind, id));
  }

  bringBack(kind: 'instance' | 'version', id: string): void {
    this.#write(() => this.#database.prepare('DELETE FROM taken_out WHERE kind = ? AND id = ?').run(kind, id));
  }

  takenOut(kind: 'instance' | 'version'): string[] {
    const rows = this.#database.prepare('SELECT id FROM taken_out WHERE kind = ? ORDER BY id').all(kind);
    return rows.map((row) => String(row['id']));
  }

  add({ id, pool, url, weight }: AddedInstance): void {
    this.#write(() =>
      this.#database.prepare('INSERT OR REPLACE INTO added VALUES (?, ?, ?, ?)').run(id, pool, url, weight),
    );
  }

  remove(id: string): void {
    this.#write(() => this.#database.prepare('DELETE FROM added WHERE id = ?').run(id));
  }

  added(): AddedInstance[] {
    const rows = this.#database.prepare('SELECT * FROM added ORDER BY id').all();
    return rows.map((row) => ({
      id: String(row['id']),
      pool: String(row['pool']),
      url: String(row['url']),
      weight: Number(row['weight']),
    }));
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #write(body: () => unknown): void {
    transaction(this.#database, body);
  }
}
