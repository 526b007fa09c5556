// Writing an archive while the pipeline goes on: a reader holds a snapshot, SQLite copies its pages in small steps off the
// main thread, and the copy is hashed, read back and verified in slices. It appears under its name when all of it is
// on the device; before that it has the unique name of its attempt, and a crash leaves nothing that could be mistaken for it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backup } from 'node:sqlite';
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { assert } from '../../base/assert.ts';
import { fileError, ensureDirectory, publishDirectory } from '../../base/files/index.ts';
import { idTimeMs, newId } from '../../base/id.ts';
import { openSqliteForReading, sha256OfFile, sqliteError } from '../../store/index.ts';
import { newestEpochs } from '../engines/embedded/epoch-rows.ts';
import type { Manifest } from '../engines/embedded/chain.ts';
import { DATABASE } from '../engines/embedded/place.ts';
import { PieceStore } from '../engines/embedded/piece-store.ts';
import { ARCHIVES, archiveIds, MANIFEST } from './manifest.ts';
import type { ArchiveManifest } from './manifest.ts';

/** Pages copied in one step off the main thread. */
const PAGES_PER_STEP = 512;
/** Pieces verified in one turn of the event loop. */
const PIECES_PER_SLICE = 500;

export interface ArchiveRequest {
  /** The pipeline's directory. */
  readonly directory: string;
  readonly pipeline: string;
  /** Wall clock, milliseconds. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/**
 * Archives the newest committed epoch.
 * @throws LastcallError `disk_full`, `io`, `state_refused` (the state itself is damaged); the signal's reason
 */
export async function writeArchive({ directory, pipeline, nowMs, signal }: ArchiveRequest): Promise<ArchiveManifest> {
  const archives = join(directory, ARCHIVES);
  await ensureDirectory(archives);
  const parent = archiveIds(archives)[0] ?? null;
  // The newest archive has the greatest id, also after the wall clock was set back.
  const id = newId('ckpt', parent === null ? nowMs : Math.max(nowMs, idTimeMs(parent) + 1));
  let written: ArchiveManifest | undefined;
  await publishDirectory(join(archives, id), async (attempt) => {
    const copy = join(attempt, DATABASE);
    writeFileSync(copy, '', { mode: 0o600 });
    await copyDatabase(join(directory, DATABASE), copy, signal);
    const file = { name: DATABASE, ...(await sha256OfFile(copy)) };
    written = { ...(await verifiedContent(copy, signal)), id, pipeline, atMs: nowMs, parent, files: [file] };
    writeFileSync(join(attempt, MANIFEST), `${JSON.stringify(written, null, 2)}\n`, { mode: 0o600 });
  });
  assert(written, 'an archive was published without a manifest');
  return written;
}

async function copyDatabase(from: string, to: string, signal: AbortSignal): Promise<void> {
  const reader = openSqliteForReading(from);
  try {
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM lastcall_epoch').get();
    await backup(reader, to, { rate: PAGES_PER_STEP, progress: () => signal.throwIfAborted() });
    signal.throwIfAborted();
  } catch (error) {
    throw sqliteError(fileError(error, to), to);
  } finally {
    reader.close();
  }
}

type Content = Omit<ArchiveManifest, 'id' | 'pipeline' | 'atMs' | 'parent' | 'files'>;

/** Reads the copy back: every piece of state with its checksum. */
async function verifiedContent(copy: string, signal: AbortSignal): Promise<Content> {
  const database = openSqliteForReading(copy);
  try {
    const row = newestEpochs(database, 1)[0];
    assert(row, 'an archive of a state without an epoch');
    const { progress, models, slots } = JSON.parse(row.manifest) as Manifest;
    await verifyPieces(database, slots, signal);
    const { epoch, hash, topology, code, records, outputs, dead } = row;
    return {
      schema: 'lastcall.archive/1',
      epoch,
      hash,
      topology,
      code,
      records,
      outputs,
      dead,
      progress,
      models,
      verified: true,
    };
  } finally {
    database.close();
  }
}

async function verifyPieces(database: DatabaseSync, slots: Manifest['slots'], signal: AbortSignal): Promise<void> {
  const store = new PieceStore(database);
  let pieces = 0;
  for (const [number, { name }] of slots.entries()) {
    for (const _ of store.read({ number, name })) {
      pieces += 1;
      if (pieces % PIECES_PER_SLICE !== 0) continue;
      await yieldToEvents();
      signal.throwIfAborted();
    }
  }
}
