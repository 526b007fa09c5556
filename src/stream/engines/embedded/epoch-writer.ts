// One epoch, one transaction: fence → outputs → changed pieces of state → positions → the epoch's row. Either all of it is
// on the device when `commit` returns, or nothing of it will ever be (stream.md, "Embedded commit").
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '../../../base/clock.ts';
import { assert } from '../../../base/assert.ts';
import { transaction } from '../../../store/index.ts';
import { encodePosition } from '../../core/positions.ts';
import type { OpenSink } from '../../ports.ts';
import { epochHash } from './chain.ts';
import type { EpochEvent, EpochRow, Manifest, ModelStamp, Progress } from './chain.ts';
import type { DeadLetters, DeadLetter } from './dead-letters.ts';
import type { Fence } from './fence.ts';
import type { PieceStore, SlotSum } from './piece-store.ts';
import type { Slot } from './slots.ts';

/** Rows of the chain that are kept. Older ones say nothing that the state does not. */
export const EPOCHS_KEPT = 10_000;

/** What an epoch adds to the one before. */
export interface EpochChanges {
  /** By partition, after the epoch. */
  readonly progress: readonly Progress[];
  readonly records: number;
  readonly outputs: number;
  readonly deadLetters: readonly DeadLetter[];
  readonly runs: Manifest['runs'];
  readonly models: Readonly<Record<string, ModelStamp>>;
  readonly events: readonly EpochEvent[];
  /** Scopes that are stopped alone. */
  readonly stopped: readonly string[];
}

export interface Committed {
  readonly row: EpochRow;
  readonly slots: readonly SlotSum[];
  /** Bytes of state written. */
  readonly stateBytes: number;
  /** What writing the outputs took, milliseconds. */
  readonly sinkMs: number;
}

export interface EpochStamp {
  readonly topology: string;
  readonly code: string;
}

export class EpochWriter {
  readonly #database: DatabaseSync;
  readonly #fence: Fence;
  readonly #pieces: PieceStore;
  readonly #deadLetters: DeadLetters;
  readonly #stamp: EpochStamp;
  readonly #latest: StatementSync;
  readonly #insert: StatementSync;
  readonly #prune: StatementSync;
  readonly #place: StatementSync;

  constructor(
    database: DatabaseSync,
    parts: { readonly fence: Fence; readonly pieces: PieceStore; readonly deadLetters: DeadLetters },
    stamp: EpochStamp,
  ) {
    this.#database = database;
    this.#fence = parts.fence;
    this.#pieces = parts.pieces;
    this.#deadLetters = parts.deadLetters;
    this.#stamp = stamp;
    this.#latest = database.prepare('SELECT max(epoch) AS epoch, hash FROM lastcall_epoch');
    this.#insert = database.prepare('INSERT INTO lastcall_epoch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#prune = database.prepare('DELETE FROM lastcall_epoch WHERE epoch <= ?');
    this.#place = database.prepare(
      `INSERT INTO lastcall_position VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET records = excluded.records, place = excluded.place`,
    );
  }

  /**
   * @param before the epoch that this one follows; asserted to be the newest in the database
   * @throws LastcallError `fenced`, `disk_full`, `io`, `timeout`: nothing was committed
   */
  commit(before: Committed, changes: EpochChanges, work: EpochWork): Committed {
    return transaction(this.#database, () => {
      this.#fence.checkAndRenew();
      const latest = this.#latest.get();
      const continues = before.row.epoch === 0 ? latest?.['epoch'] === null : latest?.['hash'] === before.row.hash;
      assert(continues, `epoch ${before.row.epoch + 1} would not follow the newest in the database`);
      const epoch = before.row.epoch + 1;
      const sinkStartedAtMs = work.clock.monotonicMs();
      work.sink.commit(epoch);
      const sinkMs = work.clock.monotonicMs() - sinkStartedAtMs;
      this.#deadLetters.insert(epoch, changes.deadLetters);
      const written = work.slots.map((slot, index) => this.#pieces.write(slot, before.slots[index]!));
      const slots = written.map(({ sum }) => sum);
      changes.progress.forEach(({ records, position }, partition) => {
        this.#place.run(partition, records, encodePosition(position));
      });
      const row = this.#row(before.row, changes, slots, work.clock.wallMs());
      this.#insert.run(
        row.epoch,
        row.atMs,
        row.topology,
        row.code,
        row.records,
        row.outputs,
        row.dead,
        row.manifest,
        row.previous,
        row.hash,
      );
      this.#prune.run(epoch - EPOCHS_KEPT);
      const stateBytes = written.reduce((sum, { bytes }) => sum + bytes, 0);
      return { row, slots, stateBytes, sinkMs };
    });
  }

  #row(before: EpochRow, changes: EpochChanges, slots: readonly SlotSum[], atMs: number): EpochRow {
    const { progress, models, runs, events, stopped } = changes;
    const manifest: Manifest = { progress, slots, models, runs, events, ...(stopped.length > 0 && { stopped }) };
    const row = {
      epoch: before.epoch + 1,
      atMs,
      ...this.#stamp,
      records: before.records + changes.records,
      outputs: before.outputs + changes.outputs,
      dead: before.dead + changes.deadLetters.length,
      manifest: JSON.stringify(manifest),
      previous: before.hash,
    };
    return { ...row, hash: epochHash(row) };
  }
}

/** Whose changes go into the transaction. */
export interface EpochWork {
  readonly sink: OpenSink<unknown>;
  readonly slots: readonly Slot[];
  readonly clock: Clock;
}
