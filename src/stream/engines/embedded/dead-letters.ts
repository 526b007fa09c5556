// Records whose step failed and is not to be tried again: kept with the error, the place and the record as JSON, in the
// same transaction that steps over them.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { messageOf } from '../../../base/errors.ts';
import { encodePosition } from '../../core/positions.ts';
import type { Position } from '../../ports.ts';
import { BadRecord } from '../../sources/index.ts';

export interface DeadLetter {
  readonly step: string;
  readonly partition: number;
  readonly position: Position;
  readonly attempts: number;
  readonly error: string;
  /** JSON, at most RECORD_LENGTH_MAX characters. */
  readonly record: string;
}

const RECORD_LENGTH_MAX = 64 * 1024;

export class DeadLetters {
  readonly #insert: StatementSync;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      `INSERT INTO lastcall_dead_letter (epoch, step, partition, place, attempts, error, record)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  insert(epoch: number, letters: readonly DeadLetter[]): void {
    for (const { step, partition, position, attempts, error, record } of letters) {
      this.#insert.run(epoch, step, partition, encodePosition(position), attempts, error, record);
    }
  }
}

/** A record as text for people and for a retry; numbers that JSON lacks become strings. Never throws. */
export function recordText(record: unknown): string {
  if (record instanceof BadRecord) return record.raw;
  try {
    return (JSON.stringify(record, asJson) ?? String(record)).slice(0, RECORD_LENGTH_MAX);
  } catch (error) {
    // Nested too deeply, or in a circle. Where it came from is in the letter; it must not hold up what follows.
    return `(it cannot be shown as JSON: ${messageOf(error)})`;
  }
}

function asJson(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
