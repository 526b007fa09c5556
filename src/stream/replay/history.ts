// What the pipeline's own state remembers of its life: where epochs ended, what happened between them, and the sums of its
// state then. A replay does the same things at the same places, and is compared with the same sums.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LastcallError } from '../../base/errors.ts';
import { openSqliteForReading } from '../../store/index.ts';
import { ARCHIVES, archiveIds, readManifest } from '../archive/manifest.ts';
import type { ArchiveManifest } from '../archive/manifest.ts';
import { comparePositions } from '../core/positions.ts';
import type { EpochEvent, EpochRow, Manifest } from '../engines/embedded/chain.ts';
import { newestEpochs } from '../engines/embedded/epoch-rows.ts';
import { EPOCHS_KEPT } from '../engines/embedded/epoch-writer.ts';
import { readMark } from '../engines/embedded/mark.ts';
import { DATABASE } from '../engines/embedded/place.ts';
import { inspect } from '../verify/inspect.ts';
import type { Target } from './target.ts';

interface Then {
  readonly row: EpochRow;
  readonly manifest: Manifest;
}

/** Epochs in ascending order; none if the state is gone or damaged. */
export type History = readonly Then[];

/** Something that happened after this many records, and is to happen there again. */
export interface Station {
  readonly records: number;
  readonly event: Extract<EpochEvent, { event: 'frozen' | 'thawed' | 'stopped' | 'started' }>;
}

/** @param directory of the pipeline */
export function historyOf(directory: string): History {
  const path = join(directory, DATABASE);
  if (!existsSync(path)) return [];
  const database = openSqliteForReading(path);
  try {
    database.exec('BEGIN');
    if (inspect(database, readMark(directory), 'quick').damage !== null) return [];
    return newestEpochs(database, EPOCHS_KEPT).map((row) => ({ row, manifest: JSON.parse(row.manifest) as Manifest }));
  } finally {
    database.close();
  }
}

/** Records up to which a target reaches; null where that is not known beforehand. @throws LastcallError `usage` */
export function recordsAt(target: Target, history: History): number | null {
  if (target.to === 'records') return target.records;
  if (target.to === 'position') return null;
  const found = target.to === 'end' ? history.at(-1) : history.find(({ row }) => row.epoch === target.epoch);
  if (found !== undefined) return found.row.records;
  const kept = history.length === 0 ? 'none can be read' : `${history[0]!.row.epoch} to ${history.at(-1)!.row.epoch}`;
  throw new LastcallError('usage', {
    what: target.to === 'end' ? 'the state of the pipeline cannot be read' : `epoch ${target.epoch} is not remembered`,
    on: '--to',
    todo: `Give a number of records, or PARTITION@PLACE. Epochs: ${kept}.`,
  });
}

/**
 * What happened after the epoch `from` and before the target, in order.
 * @throws LastcallError `usage` if a model was swapped on the way, whose file is not part of the state
 */
export function stationsBetween(history: History, from: number, target: Target): Station[] {
  const way = history.filter(({ row }, index) => row.epoch > from && isBefore(target, history, index));
  return way.flatMap(({ row, manifest }) =>
    manifest.events.flatMap((event): Station[] => {
      if (event.event === 'swapped') throw swappedOnTheWay(event, row);
      const again = event.event === 'frozen' || event.event === 'thawed';
      if (!again && event.event !== 'stopped' && event.event !== 'started') return [];
      return [{ records: row.records, event }];
    }),
  );
}

/** Whether the target lies behind this epoch. */
function isBefore(target: Target, history: History, index: number): boolean {
  const { row } = history[index]!;
  if (target.to === 'end') return true;
  if (target.to === 'epoch') return row.epoch <= target.epoch;
  if (target.to === 'records') return row.records < target.records;
  const { position } = history[index]!.manifest.progress[target.partition] ?? { position: [] };
  return comparePositions(position, target.position) < 0;
}

/** @returns names of what differs from the state at the epoch that ended there; null if none is known that did */
export function compare(
  history: History,
  target: Target,
  replayed: EpochRow,
): { readonly epoch: number; readonly differences: readonly string[] } | null {
  // What happened between epochs at this place is behind a target that names the place alone.
  const then =
    target.to === 'end'
      ? history.at(-1)
      : history.find(({ row }) =>
          target.to === 'epoch' ? row.epoch === target.epoch : row.records === replayed.records,
        );
  if (then === undefined) return null;
  const now = JSON.parse(replayed.manifest) as Manifest;
  const differences = now.slots.flatMap((slot, index) =>
    JSON.stringify(slot) === JSON.stringify(then.manifest.slots[index]) ? [] : slot.name,
  );
  for (const name of ['progress', 'models', 'stopped'] as const) {
    if (JSON.stringify(now[name] ?? []) !== JSON.stringify(then.manifest[name] ?? [])) differences.push(name);
  }
  for (const name of ['outputs', 'dead'] as const) if (replayed[name] !== then.row[name]) differences.push(name);
  return { epoch: then.row.epoch, differences };
}

function swappedOnTheWay(event: Extract<EpochEvent, { event: 'swapped' }>, { records }: EpochRow): LastcallError {
  return new LastcallError('usage', {
    what: `model ${event.model} was swapped from ${event.from} to ${event.to} after ${records} records, and its file is not part of the state`,
    on: '--from',
    todo: 'Replay from a checkpoint behind it, or to a place before it.',
  });
}

/** The newest archive that lies before the target; null if there is none: then it is the very beginning. */
export function checkpointBefore(directory: string, target: Target): string | null {
  const history = historyOf(directory);
  const records = recordsAt(target, history);
  const archives = join(directory, ARCHIVES);
  for (const id of archiveIds(archives)) {
    const path = join(archives, id);
    const manifest = manifestOf(path);
    if (manifest === null) continue;
    const isBefore =
      target.to === 'position'
        ? comparePositions(manifest.progress[target.partition]?.position ?? [], target.position) < 0
        : manifest.records < records!;
    if (isBefore) return path;
  }
  return null;
}

/** Null if it cannot be read: `verify` says what is wrong with it. */
function manifestOf(path: string): ArchiveManifest | null {
  try {
    return readManifest(path);
  } catch {
    return null;
  }
}
