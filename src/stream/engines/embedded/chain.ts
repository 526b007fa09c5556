// The chain of epochs: every row's hash covers the row and the hash of the row before, so that a history that was torn
// or changed shows. What an epoch consists of beside its numbers stands in its manifest.
import { createHash } from 'node:crypto';
import type { Position } from '../../ports.ts';
import type { SlotSum } from './piece-store.ts';

/** How far one partition is done. */
export interface Progress {
  readonly records: number;
  readonly position: Position;
}

export interface ModelStamp {
  readonly version: string;
  readonly frozen: boolean;
}

/** What happened at the barrier before an epoch's commit. */
export type EpochEvent =
  | { readonly event: 'created' }
  | { readonly event: 'restored'; readonly from: string; readonly stepsBack: number; readonly why: string }
  | { readonly event: 'swapped'; readonly model: string; readonly from: string; readonly to: string }
  | { readonly event: 'frozen' | 'thawed'; readonly model: string }
  /** A model or part that is stopped alone, such as `part:audit`. */
  | { readonly event: 'stopped' | 'started'; readonly scope: string }
  /** The source had no more records, and sinks completed what they kept open for more. */
  | { readonly event: 'ended' }
  | { readonly event: 'drained' };

export interface Manifest {
  /** By partition. */
  readonly progress: readonly Progress[];
  readonly slots: readonly SlotSum[];
  readonly models: Readonly<Record<string, ModelStamp>>;
  /** `[partition, records]` in the order of processing, where partitions meet; else empty. */
  readonly runs: readonly (readonly [number, number])[];
  readonly events: readonly EpochEvent[];
  /** Scopes that are stopped alone, sorted; left out while there are none. */
  readonly stopped?: readonly string[];
}

export interface EpochRow {
  readonly epoch: number;
  /** Wall clock, for people. */
  readonly atMs: number;
  readonly topology: string;
  readonly code: string;
  /** Totals since the beginning. */
  readonly records: number;
  readonly outputs: number;
  readonly dead: number;
  readonly manifest: string;
  readonly previous: string;
  readonly hash: string;
}

/** Hash of the row before the first. */
export const GENESIS = '0'.repeat(64);

/** SHA-256, hex, of an epoch row without its hash. */
export function epochHash(row: Omit<EpochRow, 'hash'>): string {
  const { epoch, atMs, topology, code, records, outputs, dead, manifest, previous } = row;
  const fields = [previous, epoch, atMs, topology, code, records, outputs, dead, manifest];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/** What is wrong with rows that follow one another, or null. @param rows in ascending order, gaps allowed nowhere */
export function brokenLink(rows: readonly EpochRow[]): string | null {
  for (const [index, row] of rows.entries()) {
    if (epochHash(row) !== row.hash) return `epoch ${row.epoch} does not have the hash it was written with`;
    const before = rows[index - 1];
    if (before === undefined) continue;
    if (row.epoch !== before.epoch + 1) return `epoch ${before.epoch + 1} is missing`;
    if (row.previous !== before.hash) return `epoch ${row.epoch} does not follow epoch ${before.epoch}`;
  }
  return null;
}
