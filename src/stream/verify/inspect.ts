// Whether a database of the embedded engine is what was committed to it: the checks that need nothing but the database and
// its high mark. Reads only. Quick looks at what a start relies on; the pieces of state are verified when they are loaded.
// Deep looks at everything.
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { LastcallError, messageOf } from '../../base/errors.ts';
import { integrityProblems, schemaVersion, sqliteError } from '../../store/index.ts';
import { decodePosition, samePosition } from '../core/positions.ts';
import type { Topology } from '../core/topology.ts';
import { brokenLink } from '../engines/embedded/chain.ts';
import type { EpochRow, Manifest } from '../engines/embedded/chain.ts';
import { newestEpochs } from '../engines/embedded/epoch-rows.ts';
import { topologyHash } from '../engines/embedded/topology-hash.ts';
import type { Mark } from '../engines/embedded/mark.ts';
import { PieceStore } from '../engines/embedded/piece-store.ts';
import { COMPONENT, MIGRATIONS } from '../engines/embedded/schema.ts';

export type CheckName =
  | 'header'
  | 'version'
  | 'integrity'
  | 'chain'
  | 'mark'
  | 'positions'
  | 'slots'
  | 'pieces'
  | 'topology'
  | 'source'
  | 'archive';

export interface Check {
  readonly name: CheckName;
  readonly result: 'ok' | 'failed' | 'skipped';
  readonly detail: string;
}

export type Depth = 'quick' | 'deep';

/** What a database holds, if it can be trusted. */
export interface Holding {
  readonly row: EpochRow;
  readonly manifest: Manifest;
  readonly pipeline: string;
  readonly topology: Topology;
}

export interface Inspection {
  readonly checks: readonly Check[];
  /** Null: nothing was ever committed, or `damage` says why it cannot be told. */
  readonly holding: Holding | null;
  /** What is wrong, a clause; null if nothing is. */
  readonly damage: string | null;
  /** Written by a newer Lastcall: nothing is wrong with it, and it is not for us to judge. */
  readonly isNewer: boolean;
}

/** Rows of the chain that a quick inspection looks at. */
const TAIL = 64;
/** Databases up to this size are looked through by SQLite even when it has to be quick, bytes: about 0.1 s. */
const QUICK_CHECK_BYTES = 64 * 2 ** 20;

/** @param mark null where there is none (an archive) */
export function inspect(database: DatabaseSync, mark: Mark | 'damaged' | null, depth: Depth): Inspection {
  const version = schemaVersionOf(database);
  if (version > MIGRATIONS.length) return newer(version);
  const checks: Check[] = [];
  let holding: Holding | null = null;
  const check = (name: CheckName, run: () => string): boolean => {
    try {
      checks.push({ name, result: 'ok', detail: run() });
      return true;
    } catch (error) {
      checks.push({ name, result: 'failed', detail: describe(error) });
      return false;
    }
  };
  const sound =
    check('header', () => header(database)) &&
    check('version', () => `version ${version}`) &&
    check('integrity', () => integrity(database, depth)) &&
    check('chain', () => {
      holding = readHolding(database, depth);
      return holding === null ? 'nothing was committed yet' : `epoch ${holding.row.epoch}`;
    }) &&
    check('mark', () => compareMark(database, holding, mark)) &&
    check('positions', () => comparePositionTable(database, holding)) &&
    check('slots', () => compareSlots(database, holding)) &&
    (depth === 'quick' || check('pieces', () => readAllPieces(database, holding)));
  return { checks, holding: sound ? holding : null, damage: sound ? null : checks.at(-1)!.detail, isNewer: false };
}

/** 0 as well where the database is too damaged to tell; a later check then says so. */
function schemaVersionOf(database: DatabaseSync): number {
  try {
    return schemaVersion(database, COMPONENT);
  } catch (error) {
    describe(error);
    return 0;
  }
}

function newer(version: number): Inspection {
  const detail = `it was written by a newer Lastcall (tables at version ${version}, this one knows ${MIGRATIONS.length})`;
  return { checks: [{ name: 'version', result: 'failed', detail }], holding: null, damage: detail, isNewer: true };
}

/** A clause; an SQLite error that is no damage (locked, out of space) is not ours to judge and passes. */
function describe(error: unknown): string {
  const known = sqliteError(error, 'database');
  if (known instanceof Mismatch) return known.message;
  if (known instanceof LastcallError && known.code === 'state_refused') return known.what;
  if (known instanceof SyntaxError || isSqliteError(error)) return messageOf(error);
  throw known;
}

function isSqliteError(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ERR_SQLITE_ERROR';
}

/** Two things that should say the same do not. */
class Mismatch extends Error {}

function header(database: DatabaseSync): string {
  requireNone(integrityProblems(database, 'header'));
  const path = database.location();
  if (path === null) return 'in memory';
  const { size } = statSync(path);
  const pageBytes = Number(database.prepare('PRAGMA page_size').get()!['page_size']);
  // SQLite reads zeros for what a file lacks of its last page, and says nothing.
  if (size % pageBytes !== 0) throw new Mismatch(`the file is cut off within a page: ${size} bytes`);
  return `${size} bytes`;
}

function integrity(database: DatabaseSync, depth: Depth): string {
  const { bytes } = database
    .prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size')
    .get() as { bytes: number };
  if (depth === 'quick' && bytes > QUICK_CHECK_BYTES) return 'too large to be looked through quickly';
  requireNone(integrityProblems(database, depth === 'deep' ? 'full' : 'quick'));
  return 'whole';
}

function requireNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new Mismatch(`SQLite finds: ${problems[0]!}`);
}

function readHolding(database: DatabaseSync, depth: Depth): Holding | null {
  if (schemaVersion(database, COMPONENT) === 0) return null;
  const rows = newestEpochs(database, depth === 'deep' ? Number.MAX_SAFE_INTEGER : TAIL);
  const row = rows.at(-1);
  if (row === undefined) return null;
  const broken = brokenLink(rows);
  if (broken !== null) throw new Mismatch(broken);
  const identity = database.prepare('SELECT name, topology FROM lastcall_pipeline WHERE id = 1').get();
  if (identity === undefined) throw new Mismatch('it does not say which pipeline it belongs to');
  const topology = JSON.parse(String(identity['topology'])) as Topology;
  if (topologyHash(topology) !== row.topology) throw new Mismatch(`the topology is not that of epoch ${row.epoch}`);
  return { row, manifest: JSON.parse(row.manifest) as Manifest, pipeline: String(identity['name']), topology };
}

function compareMark(database: DatabaseSync, holding: Holding | null, mark: Mark | 'damaged' | null): string {
  const epoch = holding?.row.epoch ?? 0;
  // The chain is good, and only two failures at once could lose a part of it; a new mark is written at the start.
  if (mark === null || mark === 'damaged') return mark === null ? 'no mark' : 'the mark itself is damaged';
  if (mark.epoch > epoch) {
    throw new Mismatch(`epochs up to ${mark.epoch} were committed, and the database ends at ${epoch}`);
  }
  const marked = database.prepare('SELECT hash FROM lastcall_epoch WHERE epoch = ?').get(mark.epoch);
  if (mark.epoch > 0 && marked !== undefined && marked['hash'] !== mark.hash) {
    throw new Mismatch(`epoch ${mark.epoch} is not the one that the mark remembers`);
  }
  return `epoch ${mark.epoch}`;
}

function comparePositionTable(database: DatabaseSync, holding: Holding | null): string {
  if (holding === null) return 'none';
  const rows = database.prepare('SELECT partition, records, place FROM lastcall_position ORDER BY partition').all();
  const { progress } = holding.manifest;
  const same =
    rows.length === progress.length &&
    rows.every((row, partition) => {
      const { records, position } = progress[partition]!;
      const place = decodePosition(row['place'] as Uint8Array);
      return row['partition'] === partition && row['records'] === records && samePosition(place, position);
    });
  if (!same) throw new Mismatch(`the positions are not those of epoch ${holding.row.epoch}`);
  return `${progress.length} partitions`;
}

function compareSlots(database: DatabaseSync, holding: Holding | null): string {
  if (holding === null) return 'none';
  const rows = database.prepare('SELECT name, pieces, checksums FROM lastcall_slot ORDER BY slot').all();
  const slots = holding.manifest.slots.filter(({ pieces }) => pieces > 0);
  if (JSON.stringify(rows.filter((row) => row['pieces'] !== 0)) !== JSON.stringify(slots)) {
    throw new Mismatch(`the sums of the state are not those of epoch ${holding.row.epoch}`);
  }
  return `${slots.length} slots`;
}

function readAllPieces(database: DatabaseSync, holding: Holding | null): string {
  if (holding === null) return 'none';
  const store = new PieceStore(database);
  let pieces = 0;
  for (const [number, { name }] of holding.manifest.slots.entries()) {
    for (const _ of store.read({ number, name })) pieces += 1;
  }
  return `${pieces} pieces`;
}
