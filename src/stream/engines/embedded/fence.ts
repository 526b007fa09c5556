// Ownership of a state: taken at the start, checked in every transaction, renewed by commits and heartbeats, given back at
// the end. core/fence.ts has the rules.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LastcallError } from '../../../base/errors.ts';
import { describeProcess, fateOf, thisProcess } from '../../../base/process-identity.ts';
import type { ProcessIdentity } from '../../../base/process-identity.ts';
import { transaction } from '../../../store/index.ts';
import { judgeFence } from '../../core/fence.ts';
import type { FenceRow } from '../../core/fence.ts';

/** How long an owner may be silent before another may take over, milliseconds. */
export const LEASE_MS = 10_000;

export interface FenceOwner extends FenceRow {
  readonly owner: ProcessIdentity;
}

/** The fence row; null before the first owner. */
export function readFence(database: DatabaseSync): FenceOwner | null {
  const row = database.prepare('SELECT * FROM lastcall_fence WHERE id = 1').get();
  if (row === undefined) return null;
  return {
    instance: String(row['instance']),
    owner: JSON.parse(String(row['owner'])) as ProcessIdentity,
    holdsLock: row['holds_lock'] === 1,
    released: row['released'] === 1,
    leaseUntilMs: Number(row['lease_until_ms']),
  };
}

export interface FenceClaim {
  readonly instance: string;
  readonly lock: 'ours' | 'taken';
  readonly leaseMs: number;
  /** Wall clock, milliseconds. */
  readonly nowMs: () => number;
}

/** @throws LastcallError `fenced` that names the owner, if the state has one that must be respected */
export function requireFree(row: FenceOwner | null, claim: FenceClaim, where: string): void {
  const ownerFate = row === null ? 'gone' : fateOf(row.owner);
  if (judgeFence(row, { lock: claim.lock, ownerFate, nowMs: claim.nowMs() }) === 'take') return;
  const lease = row === null ? '' : `, whose lease has ${Math.max(0, row.leaseUntilMs - claim.nowMs())} ms left`;
  throw new LastcallError('fenced', {
    what: `it is owned by ${row === null ? 'another process' : `${describeProcess(row.owner)} (${row.instance})`}${lease}`,
    on: where,
    todo: 'Stop that one first (lastcall ps shows what runs here), or wait until its lease has run out.',
  });
}

export class Fence {
  readonly #database: DatabaseSync;
  readonly #claim: FenceClaim;
  readonly #check: StatementSync;
  readonly #renew: StatementSync;
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  /** Takes ownership. @throws LastcallError `fenced` */
  constructor(database: DatabaseSync, claim: FenceClaim) {
    this.#database = database;
    this.#claim = claim;
    try {
      transaction(database, () => this.#take());
    } catch (error) {
      throw error instanceof LastcallError && error.code === 'timeout' ? hangsInCommit(error) : error;
    }
    this.#check = database.prepare('SELECT instance, owner FROM lastcall_fence WHERE id = 1');
    this.#renew = database.prepare('UPDATE lastcall_fence SET lease_until_ms = ? WHERE id = 1 AND instance = ?');
  }

  #take(): void {
    const { instance, lock, leaseMs, nowMs } = this.#claim;
    requireFree(readFence(this.#database), this.#claim, this.#database.location() ?? 'state');
    this.#database
      .prepare('INSERT OR REPLACE INTO lastcall_fence VALUES (1, ?, ?, ?, 0, ?, ?)')
      .run(instance, JSON.stringify(thisProcess()), lock === 'ours' ? 1 : 0, leaseMs, nowMs() + leaseMs);
  }

  /** @throws LastcallError `fenced` that names who took over */
  check(): void {
    const row = this.#check.get();
    if (row?.['instance'] === this.#claim.instance) return;
    const owner = row === undefined ? 'nobody' : describeProcess(JSON.parse(String(row['owner'])) as ProcessIdentity);
    throw new LastcallError('fenced', {
      what: `${owner} (${String(row?.['instance'])}) has taken this pipeline over, since ${this.#claim.instance} was silent for longer than its lease`,
      on: this.#database.location() ?? 'state',
      todo: 'Nothing is lost: what was not committed here is done there. Look at why this process hung.',
    });
  }

  /** Within a transaction: checks, and renews the lease. */
  checkAndRenew(): void {
    this.check();
    this.#renew.run(this.#claim.nowMs() + this.#claim.leaseMs, this.#claim.instance);
    this.#renewedAtMs = this.#claim.nowMs();
  }

  /** Renews the lease in a transaction of its own if no commit has done so for a third of it. */
  heartbeat(): void {
    if (this.#claim.nowMs() - this.#renewedAtMs < this.#claim.leaseMs / 3) return;
    transaction(this.#database, () => this.checkAndRenew());
  }

  /** The next owner need not wait for the lease. Does nothing if another has taken over. */
  release(): void {
    transaction(this.#database, () => {
      const release = 'UPDATE lastcall_fence SET released = 1 WHERE id = 1 AND instance = ?';
      this.#database.prepare(release).run(this.#claim.instance);
    });
  }
}

function hangsInCommit(cause: LastcallError): LastcallError {
  return new LastcallError('fenced', {
    what: 'its owner hangs in the middle of a commit and keeps the database locked',
    on: cause.on,
    todo: 'End that process first, then start again.',
    cause,
  });
}
