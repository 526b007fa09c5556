// A part of a pipeline's life once more, for whoever looks for a mistake: from an archive (or the very beginning) up to a
// place, into a directory of its own. The state that comes out is the one that was there then, bit for bit, and where an epoch
// ended at that place this is compared. The pipeline's own state is only read, and nobody outside is told anything.
import { existsSync, readdirSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { LastcallError } from '../../base/errors.ts';
import { ensureDirectory } from '../../base/files/index.ts';
import { newId } from '../../base/id.ts';
import { openSqlite } from '../../store/index.ts';
import { checkArchive } from '../archive/check.ts';
import { positionLimit, recordsLimit } from '../core/limit.ts';
import type { Limit } from '../core/limit.ts';
import { showPosition } from '../core/positions.ts';
import type { EpochRow } from '../engines/embedded/chain.ts';
import { DATABASE, pipelineDirectory } from '../engines/embedded/place.ts';
import { openPipeline } from '../engines/embedded/open.ts';
import type { OpenPipeline } from '../engines/embedded/open.ts';
import { LEASE_MS } from '../engines/embedded/fence.ts';
import type { Pipeline } from '../pipeline.ts';
import { captured } from './capture.ts';
import { compare, historyOf, recordsAt, stationsBetween } from './history.ts';
import type { Station } from './history.ts';
import type { Target } from './target.ts';

export interface ReplayRequest {
  /** The pipeline's directory, STATE/pipelines/NAME. */
  readonly directory: string;
  /** Path of an archive; null: the very beginning. */
  readonly from: string | null;
  readonly target: Target;
  /** Becomes a state directory; must not exist, or be empty. */
  readonly into: string;
  /** Called now and then with the records so far, since the pipeline first began. */
  readonly onProgress?: (records: number) => void;
}

export interface Replayed {
  readonly pipeline: string;
  /** The state that came out, a directory like that of a pipeline. */
  readonly path: string;
  readonly from: { readonly id: string | null; readonly records: number };
  readonly to: { readonly records: number; readonly positions: readonly string[] };
  readonly outputs: number;
  readonly deadLetters: number;
  /** With the epoch that ended at this place; null if none is known that did. */
  readonly compared: { readonly epoch: number; readonly differences: readonly string[] } | null;
}

/**
 * @throws LastcallError `usage` (target before the start, a directory that is not empty, a swap on the way), `state_refused`
 * (the archive is damaged, another topology, or the source has lost what is to be read), what the step throws
 */
export async function replay(pipeline: Pipeline, request: ReplayRequest): Promise<Replayed> {
  const { into, from, target } = request;
  if (existsSync(into) && readdirSync(into).length > 0) throw notEmpty(into);
  const history = historyOf(request.directory);
  const archive = from === null ? null : await checkArchive(from, new AbortController().signal);
  const start = archive?.manifest ?? { epoch: 0, records: 0, progress: [] };
  const records = recordsAt(target, history);
  const limit = target.to === 'position' ? positionLimit(target.partition, target.position) : recordsLimit(records!);
  if (archive !== null && limit.isReached(start.progress) && records !== start.records)
    throw isBehind(from!, start.records);
  const stations = stationsBetween(history, start.epoch, target);
  const directory = pipelineDirectory(into, pipeline.name);
  await ensureDirectory(directory);
  if (archive !== null) await copyState(archive.path, directory);
  const stretch = { pipeline: captured(pipeline), directory, onProgress: request.onProgress };
  let event: Station['event'] | null = null;
  for (const station of stations) {
    await run(stretch, recordsLimit(station.records), event);
    ({ event } = station);
  }
  const { row, positions } = await run(stretch, limit, event);
  return {
    pipeline: pipeline.name,
    path: directory,
    from: { id: from === null ? null : basename(from), records: start.records },
    to: { records: row.records, positions },
    outputs: row.outputs,
    deadLetters: row.dead,
    compared: compare(history, target, row),
  };
}

interface Stretch {
  readonly pipeline: Pipeline;
  readonly directory: string;
  readonly onProgress: ReplayRequest['onProgress'];
}

/** From where the state ends to the limit. @param event happens before the first record */
async function run(
  { pipeline, directory, onProgress }: Stretch,
  limit: Limit,
  event: Station['event'] | null,
): Promise<{ readonly row: EpochRow; readonly positions: readonly string[] }> {
  const signal = new AbortController().signal;
  await using opened = await openPipeline(pipeline, {
    directory,
    instance: newId('unit', systemClock.wallMs()),
    clock: systemClock,
    leaseMs: LEASE_MS,
    signal,
    limit,
    accept: () => true,
    finished: () => {},
    onArchive: () => {},
  });
  const { engine, epochs } = opened;
  epochs.onCommit(() => onProgress?.(epochs.committed.row.records));
  const happens = event === null ? Promise.resolve() : again(opened, event);
  await Promise.all([happens, engine.run()]);
  await engine.commitLast('suspend', signal);
  const { row } = epochs.committed;
  if (!limit.isReached(epochs.progress)) throw endedBefore(pipeline.name, row.records);
  return { row, positions: epochs.progress.map(({ position }) => showPosition(position)) };
}

async function again({ models, parts }: OpenPipeline, event: Station['event']): Promise<void> {
  if ('model' in event) await models.setLearning(event.model, event.event);
  else if (event.event === 'stopped') await parts?.stop(event.scope);
  else await parts?.start(event.scope);
}

/** The copy has no owner yet. */
async function copyState(archive: string, directory: string): Promise<void> {
  const path = join(directory, DATABASE);
  await copyFile(join(archive, DATABASE), path);
  const database = openSqlite(path);
  database.exec('DELETE FROM lastcall_fence');
  database.close();
}

function notEmpty(on: string): LastcallError {
  return new LastcallError('usage', { what: 'it is not empty', on, todo: 'Name a directory that does not exist yet.' });
}

function isBehind(on: string, records: number): LastcallError {
  return new LastcallError('usage', {
    what: `it is of ${records} records, and the place to go to lies before it`,
    on,
    todo: 'Give an older checkpoint, or start for the very beginning.',
  });
}

function endedBefore(on: string, records: number): LastcallError {
  return new LastcallError('usage', {
    what: `the source has no more after ${records} records, and the place to go to was not reached`,
    on,
    todo: 'Give a place that lies before its end; what was replayed is there to be looked at.',
  });
}
