// What is in a state: places, sizes, keys, windows, models, what is parked, dead letters, and what happened to it. Read from
// one snapshot, also while its pipeline runs; every piece that is read is compared with its checksum.
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { rfc3339 } from '../../base/clock.ts';
import { LastcallError } from '../../base/errors.ts';
import { openSqliteForReading } from '../../store/index.ts';
import { ARCHIVES, archiveIds, MANIFEST, readManifest } from '../archive/manifest.ts';
import { showPosition } from '../core/positions.ts';
import { newestEpochs } from '../engines/embedded/epoch-rows.ts';
import type { EpochEvent, Manifest } from '../engines/embedded/chain.ts';
import { readMark } from '../engines/embedded/mark.ts';
import { PieceStore } from '../engines/embedded/piece-store.ts';
import { DATABASE } from '../engines/embedded/place.ts';
import { listSinkDeadLetters } from '../sinks/outbox.ts';
import { tableExists } from '../sinks/registry.ts';
import { inspect } from '../verify/inspect.ts';
import type { Holding } from '../verify/inspect.ts';
import type { StoredPiece } from '../state/pieces.ts';
import { contentsOf, isReadable } from './summaries.ts';
import type { Contents } from './summaries.ts';

export interface InspectOptions {
  /** Keys that are named of each state. Default 5. */
  readonly top?: number;
}

export interface InspectedSlot extends Contents {
  /** `traffic`, `delay`; `step` and `part:NAME` of what is parked. */
  readonly name: string;
  readonly kind: string;
  readonly pieces: number;
  /** Of the stored values. */
  readonly bytes: number;
}

export interface InspectedModel extends InspectedSlot {
  readonly version: string;
  readonly frozen: boolean;
}

export interface InspectedState {
  readonly path: string;
  readonly pipeline: string;
  readonly epoch: number;
  /** RFC 3339. */
  readonly committedAt: string;
  /** What the pipeline was told to be (`codeVersion`). */
  readonly code: string;
  readonly records: number;
  readonly outputs: number;
  readonly positions: readonly { readonly partition: number; readonly records: number; readonly position: string }[];
  readonly states: readonly InspectedSlot[];
  readonly models: readonly InspectedModel[];
  /** Scopes that are stopped alone. */
  readonly stopped: readonly string[];
  /** Queues that are not empty. */
  readonly parked: readonly InspectedSlot[];
  readonly deadLetters: {
    /** Of the pipeline's life, also those that were dropped. */
    readonly records: number;
    /** Outputs that are set aside now. */
    readonly outputs: number;
    readonly newest: readonly { readonly id: string; readonly from: string; readonly error: string }[];
  };
  /** Outputs that wait for the outside. */
  readonly undelivered: number;
  /** What happened between epochs, oldest first, as far as it is kept. */
  readonly events: readonly (EpochEvent & { readonly epoch: number; readonly at: string; readonly records: number })[];
  readonly archives: readonly {
    readonly id: string;
    readonly at: string;
    readonly records: number;
    readonly bytes: number;
  }[];
}

const EVENTS_MAX = 50;
const LETTERS_MAX = 5;
const EPOCHS_READ = 10_000;

/**
 * @param path a pipeline's directory, its `state.db`, or one archive
 * @throws LastcallError `not_found` if nothing was committed there, `state_refused` if it is damaged
 */
export function inspectState(path: string, { top = 5 }: InspectOptions = {}): InspectedState {
  const directory = basename(path) === DATABASE ? dirname(path) : path;
  const file = join(directory, DATABASE);
  if (!existsSync(file)) throw nothingThere(path);
  const isArchive = existsSync(join(directory, MANIFEST));
  const mark = isArchive ? null : readMark(directory);
  const database = openSqliteForReading(file);
  try {
    database.exec('BEGIN');
    const { holding, damage } = inspect(database, mark, 'quick');
    if (damage !== null) throw damaged(path, damage);
    if (holding === null) throw nothingThere(path);
    return { path: directory, ...contents(database, holding, top), archives: isArchive ? [] : archivesOf(directory) };
  } finally {
    database.close();
  }
}

function contents(database: DatabaseSync, holding: Holding, top: number): Omit<InspectedState, 'path' | 'archives'> {
  const { row, manifest, pipeline } = holding;
  const slots = slotsOf(database, holding, top);
  const of = (prefix: string): InspectedSlot[] =>
    slots.flatMap((slot) => (slot.name.startsWith(prefix) ? { ...slot, name: slot.name.slice(prefix.length) } : []));
  return {
    pipeline,
    epoch: row.epoch,
    committedAt: rfc3339(row.atMs),
    code: row.code,
    records: row.records,
    outputs: row.outputs,
    positions: manifest.progress.map(({ records, position }, partition) => {
      return { partition, records, position: showPosition(position) };
    }),
    states: of('state.'),
    models: of('model.').map((slot) => ({ ...slot, ...manifest.models[slot.name]! })),
    stopped: manifest.stopped ?? [],
    parked: of('parked.')
      .filter(({ pieces }) => pieces > 0)
      .map((slot) => ({ ...slot, name: slot.name.replace(/^part\./, 'part:') })),
    deadLetters: deadLettersOf(database, row.dead),
    undelivered: countOf(database, 'sink_outbox'),
    events: eventsOf(database),
  };
}

function slotsOf(database: DatabaseSync, { manifest, topology }: Holding, top: number): InspectedSlot[] {
  const store = new PieceStore(database);
  return manifest.slots.map(({ name }, number) => {
    const declared = JSON.parse(topology[name] ?? '{}') as { kind?: string; schema?: Record<string, unknown> };
    const kept: StoredPiece[] = [];
    let pieces = 0;
    let bytes = 0;
    const kind = declared.kind ?? 'engine';
    const keeps = isReadable(kind);
    for (const { key, value } of store.read({ number, name })) {
      pieces += 1;
      bytes += value.length;
      // The bytes may be memory that is used again.
      if (keeps) kept.push({ key, value: value.slice() });
    }
    return { name, kind, pieces, bytes, ...contentsOf(kind, declared.schema ?? {}, kept, top) };
  });
}

function deadLettersOf(database: DatabaseSync, records: number): InspectedState['deadLetters'] {
  const ofSteps = database
    .prepare('SELECT id, step, error FROM lastcall_dead_letter ORDER BY id DESC LIMIT ?')
    .all(LETTERS_MAX)
    .map((row) => ({ id: `record:${Number(row['id'])}`, from: String(row['step']), error: String(row['error']) }));
  const ofSinks = listSinkDeadLetters(database, LETTERS_MAX).map(({ id, sink, reason }) => {
    return { id: `output:${id}`, from: sink, error: reason };
  });
  return { records, outputs: countOf(database, 'sink_dead_letter'), newest: [...ofSteps, ...ofSinks] };
}

function countOf(database: DatabaseSync, name: string): number {
  if (!tableExists(database, name)) return 0;
  return Number(database.prepare(`SELECT count(*) AS count FROM ${name}`).get()!['count']);
}

function eventsOf(database: DatabaseSync): InspectedState['events'] {
  return newestEpochs(database, EPOCHS_READ)
    .flatMap(({ epoch, atMs, records, manifest }) => {
      const { events } = JSON.parse(manifest) as Manifest;
      return events.map((event) => ({ epoch, at: rfc3339(atMs), records, ...event }));
    })
    .slice(-EVENTS_MAX);
}

function archivesOf(directory: string): InspectedState['archives'] {
  return archiveIds(join(directory, ARCHIVES)).flatMap((id) => {
    try {
      const { atMs, records, files } = readManifest(join(directory, ARCHIVES, id));
      return { id, at: rfc3339(atMs), records, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
    } catch {
      // `verify` says what is wrong with it.
      return [];
    }
  });
}

function nothingThere(on: string): LastcallError {
  return new LastcallError('not_found', {
    what: 'there is no state here',
    on,
    todo: 'Give the directory of a pipeline (STATE/pipelines/NAME) or of one of its archives.',
  });
}

function damaged(on: string, what: string): LastcallError {
  return new LastcallError('state_refused', {
    what,
    on,
    todo: 'Run `lastcall verify` on it, and inspect one of its archives.',
  });
}
