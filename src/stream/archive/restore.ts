// Falling back: the newest archive that verifies, has the pipeline's topology, and whose positions the source still holds
// takes the place of a state that cannot be used. Until one is found nothing is touched. The damaged state is moved aside,
// not deleted. Each step is durable before the next, and a crash between any two leads here again.
import { constants } from 'node:fs';
import { copyFile, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LastcallError } from '../../base/errors.ts';
import { ensureDirectory, fileError, syncDirectory } from '../../base/files/index.ts';
import { topologyDifference } from '../core/topology.ts';
import type { Topology } from '../core/topology.ts';
import { resetMark } from '../engines/embedded/mark.ts';
import { DATABASE, SET_ASIDE } from '../engines/embedded/place.ts';
import { checkArchive } from './check.ts';
import type { CheckedArchive } from './check.ts';
import { ARCHIVES, archiveIds } from './manifest.ts';
import { whyUnreadable } from './unreadable.ts';

/** Why an archive was passed over. */
export interface PassedOver {
  readonly id: string;
  readonly why: string;
}

export interface Restored {
  /** What was wrong with the state, a clause. */
  readonly why: string;
  readonly archive: CheckedArchive;
  /** Checkpoints newer than this archive that could not be used: the state itself, and archives. */
  readonly stepsBack: number;
  readonly passedOver: readonly PassedOver[];
}

export interface RestoreRequest {
  readonly directory: string;
  readonly topology: Topology;
  /** What is wrong with the state, a clause. */
  readonly why: string;
  /** Whether the source still holds the positions of the state whose database is at `path`. Null: yes; else why not. */
  readonly refusedBySource: (path: string, archive: CheckedArchive) => Promise<string | null>;
  /** Wall clock, milliseconds. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** A copy that may become the state; the name is unique, since only the owner of the directory makes one. */
const CANDIDATE = 'restoring.db';
/** Replaced states that are kept. */
const SET_ASIDE_KEPT = 3;
/** A database and what SQLite keeps beside it. */
const SUFFIXES = ['', '-wal', '-shm'];

/** @throws LastcallError `state_refused` if no archive can be used; nothing has been touched then */
export async function restoreNewest(request: RestoreRequest): Promise<Restored> {
  const { directory } = request;
  const archives = join(directory, ARCHIVES);
  const passedOver: PassedOver[] = [];
  for (const id of archiveIds(archives)) {
    request.signal.throwIfAborted();
    const chosen = await candidate(request, join(archives, id));
    if (typeof chosen === 'string') {
      passedOver.push({ id, why: chosen });
      continue;
    }
    await replaceState(request, chosen, passedOver);
    return { why: request.why, archive: chosen, stepsBack: passedOver.length + 1, passedOver };
  }
  throw nothingValid(request, passedOver);
}

/** The archive, with a copy of its database in place to be tried; or why it cannot be used. */
async function candidate(request: RestoreRequest, path: string): Promise<CheckedArchive | string> {
  const copy = join(request.directory, CANDIDATE);
  try {
    const archive = await checkArchive(path, request.signal);
    const difference = topologyDifference(archive.holding.topology, request.topology);
    if (difference !== null) return `it belongs to another topology: ${difference}`;
    // A log that a crash left beside an earlier copy would be replayed into this one.
    await removeDatabase(copy);
    await copyFile(join(path, DATABASE), copy, constants.COPYFILE_FICLONE);
    const refused = await request.refusedBySource(copy, archive);
    if (refused === null) return archive;
    await removeDatabase(copy);
    return refused;
  } catch (error) {
    await removeDatabase(copy);
    if (error instanceof LastcallError && error.code === 'state_refused') return error.what;
    const unreadable = whyUnreadable(error);
    if (unreadable !== null) return unreadable;
    throw fileError(error, path);
  }
}

async function replaceState(
  { directory, nowMs }: RestoreRequest,
  { manifest }: CheckedArchive,
  passedOver: readonly PassedOver[],
): Promise<void> {
  const copy = await open(join(directory, CANDIDATE), 'r+');
  try {
    await copy.sync();
  } finally {
    await copy.close();
  }
  const aside = await setAside(directory, nowMs);
  await rename(join(directory, CANDIDATE), join(directory, DATABASE));
  await syncDirectory(directory);
  await resetMark(directory, manifest);
  // The history goes on from this archive: newer ones tell of another.
  for (const { id } of passedOver) await rename(join(directory, ARCHIVES, id), join(aside, id)).catch(ignoreUnreadable);
  await syncDirectory(join(directory, ARCHIVES));
}

/** The database goes first: a log without its database is never replayed, but one beside another database would be. */
async function setAside(directory: string, nowMs: number): Promise<string> {
  const aside = join(directory, SET_ASIDE, String(nowMs));
  await ensureDirectory(aside);
  for (const suffix of SUFFIXES) {
    await rename(join(directory, DATABASE + suffix), join(aside, DATABASE + suffix)).catch(ignoreMissing);
  }
  await syncDirectory(aside);
  await syncDirectory(directory);
  const oldest = (await readdir(join(directory, SET_ASIDE))).sort().reverse().slice(SET_ASIDE_KEPT);
  for (const name of oldest) await rm(join(directory, SET_ASIDE, name), { recursive: true, force: true });
  return aside;
}

async function removeDatabase(path: string): Promise<void> {
  for (const suffix of SUFFIXES) await rm(path + suffix, { force: true });
}

/** What may not be read may often not be moved either; it stays, and is passed over again. */
function ignoreUnreadable(error: unknown): void {
  if (whyUnreadable(error) === null) throw error;
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

function nothingValid({ directory, why }: RestoreRequest, passedOver: readonly PassedOver[]): LastcallError {
  const archives = passedOver.map((archive) => `${archive.id}: ${archive.why}`).join('; ');
  return new LastcallError('state_refused', {
    what: `${why}; ${passedOver.length === 0 ? 'there is no archive' : `no archive can take its place (${archives})`}`,
    on: directory,
    todo: 'Nothing was touched. Bring back a copy of this directory or what the source has lost; or, to begin anew, move the directory away.',
  });
}
