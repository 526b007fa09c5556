// The state as a start finds it: verified, and loaded into the slots, through a connection that cannot write.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LastcallError } from '../../../base/errors.ts';
import { openSqliteForReading } from '../../../store/index.ts';
import { ARCHIVES, archiveIds } from '../../archive/manifest.ts';
import { whyUnreadable } from '../../archive/unreadable.ts';
import { topologyDifference } from '../../core/topology.ts';
import type { Topology } from '../../core/topology.ts';
import { inspect } from '../../verify/inspect.ts';
import type { Holding } from '../../verify/inspect.ts';
import { readMark } from './mark.ts';
import type { Mark } from './mark.ts';
import { PieceStore } from './piece-store.ts';
import { DATABASE } from './place.ts';
import type { Slot } from './slots.ts';

/** `damaged`: the clause says why. After that the slots may be half filled and must be made anew. */
export type LiveState =
  | { readonly found: 'nothing' }
  | { readonly found: 'good'; readonly holding: Holding }
  | { readonly found: 'damaged'; readonly why: string };

export interface Expected {
  readonly pipeline: string;
  readonly topology: Topology;
}

/**
 * Verifies and loads the state of a directory. Changes nothing.
 * @throws LastcallError `state_refused` if the state is good but not this pipeline's; `timeout`, …
 */
export function loadLiveState(directory: string, slots: readonly Slot[], expected: Expected): LiveState {
  const path = join(directory, DATABASE);
  const mark = readMark(directory);
  if (!existsSync(path)) return missing(directory, mark);
  try {
    const database = openSqliteForReading(path);
    try {
      // One snapshot for all that is read.
      database.exec('BEGIN');
      const inspection = inspect(database, mark, 'quick');
      const { holding, damage } = inspection;
      if (inspection.isNewer)
        throw new Refusal(notOurs(path, damage!, 'Use the Lastcall that wrote it, or a newer one.'));
      if (damage !== null) return { found: 'damaged', why: damage };
      if (holding === null) return { found: 'nothing' };
      requireSame(path, holding, expected);
      const pieces = new PieceStore(database);
      for (const slot of slots) slot.instance.load(pieces.read(slot));
      return { found: 'good', holding };
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof Refusal) throw error.cause;
    if (error instanceof LastcallError && error.code === 'state_refused') return { found: 'damaged', why: error.what };
    const unreadable = whyUnreadable(error);
    if (unreadable !== null) return { found: 'damaged', why: `the database cannot be read: ${unreadable}` };
    throw error;
  }
}

/** A good state that must not be used; told apart from a damaged one, which an archive may replace. */
class Refusal extends Error {
  constructor(cause: LastcallError) {
    super(cause.message, { cause });
  }
}

function missing(directory: string, mark: Mark | 'damaged' | null): LiveState {
  const wal = existsSync(join(directory, `${DATABASE}-wal`));
  const committed = mark !== null && (mark === 'damaged' || mark.epoch > 0);
  if (!wal && !committed && archiveIds(join(directory, ARCHIVES)).length === 0) return { found: 'nothing' };
  return { found: 'damaged', why: 'the database is gone' };
}

function requireSame(path: string, holding: Holding, { pipeline, topology }: Expected): void {
  const todo =
    'Nothing was touched. Run the pipeline that wrote this state, or give the changed one another name or directory.';
  if (holding.pipeline !== pipeline)
    throw new Refusal(notOurs(path, `it belongs to pipeline ${holding.pipeline}`, todo));
  const difference = topologyDifference(holding.topology, topology);
  if (difference !== null) throw new Refusal(notOurs(path, `it belongs to another topology: ${difference}`, todo));
}

function notOurs(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('state_refused', { what, on, todo });
}
