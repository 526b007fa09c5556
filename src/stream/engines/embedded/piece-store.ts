// The pieces of state in the database. Each has a checksum over its slot, key and value, verified before the piece is
// used (invariant 7); each slot has the count of its pieces and the sum of their checksums, so that a piece that was lost
// or came back from the past shows too. Both are kept up to date by what an upsert says it replaced.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { LastcallError } from '../../../base/errors.ts';
import type { Slot, StoredPieces } from './slots.ts';

/** What a slot holds: part of every epoch's manifest. */
export interface SlotSum {
  readonly name: string;
  readonly pieces: number;
  /** Sum of the pieces' checksums modulo 2^48. */
  readonly checksums: number;
}

const SUM_RANGE = 2 ** 48;
/** Pieces read by one statement: arrays of rows come twice as fast as single ones. */
const READ_AT_ONCE = 512;

type Row = [key: Uint8Array | string, value: Uint8Array, checksum: number];

export class PieceStore {
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteAll: StatementSync;
  readonly #first: StatementSync;
  readonly #next: StatementSync;
  readonly #saveSum: StatementSync;
  readonly #loadSum: StatementSync;
  readonly #where: string;

  constructor(database: DatabaseSync) {
    this.#where = database.location() ?? 'database';
    this.#upsert = database.prepare(
      `INSERT INTO lastcall_piece (slot, key, value, checksum) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET was = checksum, value = excluded.value, checksum = excluded.checksum
       RETURNING was`,
    );
    this.#delete = database.prepare('DELETE FROM lastcall_piece WHERE slot = ? AND key = ? RETURNING checksum AS was');
    this.#deleteAll = database.prepare('DELETE FROM lastcall_piece WHERE slot = ?');
    const select = (condition: string): StatementSync => {
      const sql = `SELECT key, value, checksum FROM lastcall_piece WHERE slot = ? ${condition} ORDER BY key LIMIT ${READ_AT_ONCE}`;
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    this.#first = select('');
    this.#next = select('AND key > ?');
    this.#saveSum = database.prepare(
      `INSERT INTO lastcall_slot (slot, name, pieces, checksums) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET pieces = excluded.pieces, checksums = excluded.checksums`,
    );
    this.#loadSum = database.prepare('SELECT name, pieces, checksums FROM lastcall_slot WHERE slot = ?');
  }

  /** What the slot holds as committed; nothing for a slot that was never written. */
  sum(slot: Pick<Slot, 'number' | 'name'>): SlotSum {
    const row = this.#loadSum.get(slot.number) as SlotSum | undefined;
    return row === undefined ? { name: slot.name, pieces: 0, checksums: 0 } : { ...row };
  }

  /** Writes changes within a transaction. @returns what the slot holds then, and how many bytes were written */
  write(slot: Slot, before: SlotSum): { sum: SlotSum; bytes: number } {
    let { pieces, checksums } = before;
    let bytes = 0;
    if (slot.isNew) {
      this.#deleteAll.run(slot.number);
      pieces = 0;
      checksums = 0;
    }
    for (const { key, value } of slot.changes()) {
      const checksum = value === null ? 0 : checksumOf(slot.number, key, value);
      const replaced =
        value === null ? this.#delete.get(slot.number, key) : this.#upsert.get(slot.number, key, value, checksum);
      const was = (replaced?.['was'] ?? null) as number | null;
      if (value === null && was === null) continue;
      pieces += value === null ? -1 : was === null ? 1 : 0;
      checksums = (checksums + checksum - (was ?? 0) + SUM_RANGE) % SUM_RANGE;
      bytes += value?.length ?? 0;
    }
    const sum = { name: slot.name, pieces, checksums };
    if (pieces !== before.pieces || checksums !== before.checksums || pieces === 0)
      this.#saveSum.run(slot.number, slot.name, pieces, checksums);
    return { sum, bytes };
  }

  /**
   * The committed pieces of a slot, each verified before it is given away, and all of them at the end.
   * @throws LastcallError `state_refused` at the first that is not as it was written
   */
  *read(slot: Pick<Slot, 'number' | 'name'>): StoredPieces {
    const sum = this.sum(slot);
    let pieces = 0;
    let checksums = 0;
    let last: Row | undefined;
    do {
      const found = last === undefined ? this.#first.all(slot.number) : this.#next.all(slot.number, last[0]);
      const rows = found as unknown as Row[];
      for (const [key, value, checksum] of rows) {
        if (checksumOf(slot.number, key, value) !== checksum) {
          throw this.#damaged(slot.name, `piece ${showKey(key)} does not have the checksum it was written with`);
        }
        pieces += 1;
        checksums = (checksums + checksum) % SUM_RANGE;
        yield { key, value };
      }
      last = rows.at(-1);
    } while (last !== undefined);
    if (pieces !== sum.pieces || checksums !== sum.checksums) {
      throw this.#damaged(slot.name, `${sum.pieces} pieces were written, and these ${pieces} are not all of them`);
    }
  }

  #damaged(slot: string, what: string): LastcallError {
    return new LastcallError('state_refused', {
      what: `${slot}: ${what}`,
      on: this.#where,
      todo: 'The disk or somebody else changed it; keep the file, and start from an archive.',
    });
  }
}

function checksumOf(slot: number, key: Uint8Array | string, value: Uint8Array): number {
  return crc32(value, crc32(key, slot));
}

function showKey(key: Uint8Array | string): string {
  return typeof key === 'string' ? JSON.stringify(key) : `0x${Buffer.from(key).toString('hex')}`;
}
