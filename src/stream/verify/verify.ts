// What `lastcall verify PATH` tells: whether a state can be resumed from, checked without starting or changing anything,
// also while its pipeline runs. Quick looks at what a start relies on first; deep reads every piece, row and archive.
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LastcallError } from '../../base/errors.ts';
import { openSqliteForReading, readLockOwner } from '../../store/index.ts';
import type { LockOwner } from '../../store/index.ts';
import { checkArchive, requireSizes } from '../archive/check.ts';
import { ARCHIVES, archiveIds, MANIFEST, readManifest } from '../archive/manifest.ts';
import type { ArchiveManifest } from '../archive/manifest.ts';
import { whyUnreadable } from '../archive/unreadable.ts';
import { topologyDifference, topologyOf } from '../core/topology.ts';
import { readMark } from '../engines/embedded/mark.ts';
import { DATABASE, pipelineDirectory } from '../engines/embedded/place.ts';
import { refusalOf } from '../engines/embedded/source-holds.ts';
import { topologyHash } from '../engines/embedded/topology-hash.ts';
import type { Pipeline } from '../pipeline.ts';
import { inspect } from './inspect.ts';
import type { Check, Depth, Holding } from './inspect.ts';

export interface VerifyOptions {
  /** Default `quick`. */
  readonly depth?: Depth;
  /** Also checks that this pipeline can go on with it: topology, and positions still held by its source. */
  readonly pipeline?: Pipeline;
  readonly signal?: AbortSignal;
}

export interface VerifiedArchive {
  readonly id: string;
  /** Null if its manifest cannot be read. */
  readonly manifest: ArchiveManifest | null;
  /** What is wrong with it; null if nothing was found (in a quick look: manifest and sizes only). */
  readonly damage: string | null;
}

export interface Verdict {
  readonly path: string;
  readonly depth: Depth;
  /** Whether a start would resume from it as it is. */
  readonly usable: boolean;
  /** 0 usable, 106 not. */
  readonly exitCode: 0 | 106;
  readonly checks: readonly Check[];
  /** The newest committed epoch, if it can be trusted. */
  readonly holding: Holding | null;
  /** Newest first. */
  readonly archives: readonly VerifiedArchive[];
  /** If not usable: the archive that a start would take instead, as far as can be told. */
  readonly fallback: string | null;
  /** Who owns it now, or ended without giving it back. */
  readonly owner: LockOwner | null;
}

/**
 * Verifies a state.
 * @param path a pipeline's directory, its `state.db`, or one archive
 * @throws LastcallError `not_found` if there is no state; `io`
 */
export async function verifyState(path: string, options: VerifyOptions = {}): Promise<Verdict> {
  const depth = options.depth ?? 'quick';
  const signal = options.signal ?? new AbortController().signal;
  const directory = basename(path) === DATABASE ? dirname(path) : path;
  if (existsSync(join(directory, MANIFEST))) return verifyArchive(directory, depth, signal);
  const archives: VerifiedArchive[] = [];
  for (const id of archiveIds(join(directory, ARCHIVES))) {
    archives.push(await lookAtArchive(join(directory, ARCHIVES, id), depth, signal));
  }
  const { checks, holding } = await verifyLive(directory, depth, options.pipeline ?? null, archives.length > 0);
  const usable = checks.every(({ result }) => result !== 'failed');
  return {
    path: directory,
    depth,
    usable,
    exitCode: usable ? 0 : 106,
    checks,
    holding,
    archives,
    fallback: usable ? null : await fallbackOf(directory, archives, { checks, pipeline: options.pipeline ?? null }),
    owner: readLockOwner(directory),
  };
}

/** The pipelines' directories under a state directory; `path` itself if it is a state. */
export function statesAt(path: string): string[] {
  const pipelines = dirname(pipelineDirectory(path, 'any'));
  if (!existsSync(pipelines)) return [path];
  return readdirSync(pipelines)
    .sort()
    .map((name) => join(pipelines, name));
}

interface Live {
  readonly checks: readonly Check[];
  readonly holding: Holding | null;
}

async function verifyLive(
  directory: string,
  depth: Depth,
  pipeline: Pipeline | null,
  hasArchives: boolean,
): Promise<Live> {
  // The mark first: a pipeline at work may commit in between, and then the database is ahead of it, which is right.
  const mark = readMark(directory);
  const path = join(directory, DATABASE);
  if (!existsSync(path)) {
    if (mark === null && !hasArchives) throw noState(directory);
    return { checks: [{ name: 'header', result: 'failed', detail: 'the database is gone' }], holding: null };
  }
  try {
    const database = openSqliteForReading(path);
    try {
      database.exec('BEGIN');
      const { checks, holding } = inspect(database, mark, depth);
      const belongs =
        pipeline === null || holding === null ? [] : await checkPipeline(pipeline, holding, { directory, database });
      return { checks: [...checks, ...belongs], holding };
    } finally {
      database.close();
    }
  } catch (error) {
    return { checks: [{ name: 'header', result: 'failed', detail: damageOf(error) }], holding: null };
  }
}

async function checkPipeline(
  pipeline: Pipeline,
  { topology, manifest }: Holding,
  context: Parameters<Pipeline['source']['open']>[0],
): Promise<Check[]> {
  const difference = topologyDifference(topology, topologyOf(pipeline));
  const same: Check = {
    name: 'topology',
    result: difference === null ? 'ok' : 'failed',
    detail: difference ?? 'the same',
  };
  if (difference !== null) return [same, { name: 'source', result: 'skipped', detail: 'another topology' }];
  const source = await pipeline.source.open(context);
  try {
    const refused = await refusalOf(source, manifest.progress);
    const detail = refused ?? 'it holds the positions';
    return [same, { name: 'source', result: refused === null ? 'ok' : 'failed', detail }];
  } finally {
    await source.close();
  }
}

interface Failing {
  readonly checks: readonly Check[];
  readonly pipeline: Pipeline | null;
}

/** The archive that a start would take in place of a state that is damaged, or whose positions the source has lost. */
async function fallbackOf(
  directory: string,
  archives: readonly VerifiedArchive[],
  { checks, pipeline }: Failing,
): Promise<string | null> {
  // A state that is good, but another pipeline's or a newer Lastcall's, is refused and not replaced.
  const refused = checks.some(({ name, result }) => result === 'failed' && (name === 'topology' || name === 'version'));
  if (refused) return null;
  for (const { id, manifest, damage } of archives) {
    if (damage !== null || manifest === null) continue;
    if (pipeline === null || (await canGoOn(pipeline, directory, manifest))) return id;
  }
  return null;
}

async function canGoOn(pipeline: Pipeline, directory: string, { id, ...archive }: ArchiveManifest): Promise<boolean> {
  if (topologyHash(topologyOf(pipeline)) !== archive.topology) return false;
  const database = openSqliteForReading(join(directory, ARCHIVES, id, DATABASE));
  try {
    const source = await pipeline.source.open({ directory, database });
    try {
      return (await refusalOf(source, archive.progress)) === null;
    } finally {
      await source.close();
    }
  } finally {
    database.close();
  }
}

async function lookAtArchive(path: string, depth: Depth, signal: AbortSignal): Promise<VerifiedArchive> {
  const id = basename(path);
  let manifest: ArchiveManifest | null = null;
  try {
    manifest = readManifest(path);
    if (depth === 'deep') await checkArchive(path, signal);
    else requireSizes(path, manifest.files);
    return { id, manifest, damage: null };
  } catch (error) {
    return { id, manifest, damage: damageOf(error) };
  }
}

/** What is wrong with the thing that was looked at, a clause. @throws `error` if it says nothing of that thing */
function damageOf(error: unknown): string {
  if (error instanceof LastcallError && error.code === 'state_refused') return error.what;
  const unreadable = whyUnreadable(error);
  if (unreadable === null) throw error;
  return unreadable;
}

function noState(on: string): LastcallError {
  return new LastcallError('not_found', {
    what: 'there is no state here',
    on,
    todo: 'Give the directory of a pipeline (STATE/pipelines/NAME) or of one of its archives.',
  });
}

async function verifyArchive(path: string, depth: Depth, signal: AbortSignal): Promise<Verdict> {
  const archive = await lookAtArchive(path, depth, signal);
  const { damage } = archive;
  const checks: Check[] = [
    { name: 'archive', result: damage === null ? 'ok' : 'failed', detail: damage ?? archive.id },
  ];
  const usable = damage === null;
  const exitCode = usable ? 0 : 106;
  return { path, depth, usable, exitCode, checks, holding: null, archives: [archive], fallback: null, owner: null };
}
