// Opening a pipeline's state: ownership → models and state → verification, and the newest good archive if that fails →
// source → the fence row. In this order, so that nothing is read before everything was found good and there, and nothing
// of the state is touched before it is known to be usable.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../../base/clock.ts';
import { LastcallError } from '../../../base/errors.ts';
import { removeLeftovers } from '../../../base/files/index.ts';
import { SeededRandom } from '../../../base/random.ts';
import { migrate, openSqlite, schemaVersion } from '../../../store/index.ts';
import { ARCHIVES } from '../../archive/manifest.ts';
import { restoreNewest } from '../../archive/restore.ts';
import type { Restored } from '../../archive/restore.ts';
import { canonical, topologyOf } from '../../core/topology.ts';
import type { Topology } from '../../core/topology.ts';
import type { Pipeline } from '../../pipeline.ts';
import type { OpenSource } from '../../ports.ts';
import type { Holding } from '../../verify/inspect.ts';
import { branchesOf } from './branches.ts';
import type { Branches } from './branches.ts';
import type { Manifest } from './chain.ts';
import { newestEpochs } from './epoch-rows.ts';
import { Fence } from './fence.ts';
import { loadLiveState } from './live-state.ts';
import { takeLock } from './ownership.ts';
import { DATABASE } from './place.ts';
import { reachable } from './reachable.ts';
import { COMPONENT, MIGRATIONS } from './schema.ts';
import { closeSlots, createSlots, ModelSlot } from './slots.ts';
import type { Slot } from './slots.ts';
import { refusalOf, refusalWith } from './source-holds.ts';
import { Place, StepContext } from './step-context.ts';

export interface OpenOptions {
  /** The pipeline's own directory. */
  readonly directory: string;
  /** The unit's instance id. */
  readonly instance: string;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Aborted: opening is given up at its next safe point. */
  readonly signal: AbortSignal;
}

export interface OpenState extends Filled {
  readonly database: DatabaseSync;
  readonly fence: Fence;
  readonly source: OpenSource;
  readonly topology: Topology;
  /** The archive that the state was taken from, if its own could not be used. */
  readonly restored: Restored | null;
}

/** Slots with what was committed, if anything was. */
interface Filled {
  readonly place: Place;
  readonly context: StepContext;
  readonly slots: readonly Slot[];
  /** Null: nothing of this pipeline can be stopped alone. */
  readonly branches: Branches | null;
  /** Null: nothing was committed yet. */
  readonly holding: Holding | null;
}

/**
 * @param closing gets everything that has to be closed again
 * @throws LastcallError `fenced`, `state_refused`, `dependency`, `io`, …: then nothing of the state was changed
 */
export async function openState(
  pipeline: Pipeline,
  options: OpenOptions,
  closing: AsyncDisposableStack,
): Promise<OpenState> {
  const { directory, clock } = options;
  const claim = { ...options, nowMs: () => clock.wallMs() };
  const lock = takeLock(directory, claim);
  if (lock !== null) {
    closing.use(lock);
    await removeLeftovers(directory);
    const archives = join(directory, ARCHIVES);
    if (existsSync(archives)) await removeLeftovers(archives);
  }
  const topology = await reachable('source', () => topologyOf(pipeline));
  let restored: Restored | null = null;
  for (;;) {
    options.signal.throwIfAborted();
    const attempt = await tryState(pipeline, directory, topology, closing);
    if (typeof attempt !== 'string') {
      const fence = new Fence(attempt.database, { ...claim, lock: lock === null ? 'taken' : 'ours' });
      closing.defer(() => fence.release());
      requireUnchanged(attempt.database, attempt.holding);
      return { ...attempt, fence, topology, restored };
    }
    if (lock === null || restored !== null) throw unusable(directory, attempt, lock === null);
    restored = await restoreNewest({
      directory,
      topology,
      why: attempt,
      refusedBySource: (path, { holding }) => refusalWith(pipeline.source, path, directory, holding.manifest.progress),
      nowMs: clock.wallMs(),
      signal: options.signal,
    });
  }
}

type Tried = Omit<OpenState, 'fence' | 'topology' | 'restored'>;

/** Everything but the fence; or why the state cannot be used, a clause, and then nothing is left open. */
async function tryState(
  pipeline: Pipeline,
  directory: string,
  topology: Topology,
  closing: AsyncDisposableStack,
): Promise<Tried | string> {
  await using attempt = new AsyncDisposableStack();
  const filled = await fill(pipeline, directory, topology, attempt);
  if (typeof filled === 'string') return filled;
  const database = openSqlite(join(directory, DATABASE));
  attempt.defer(() => database.close());
  if (schemaVersion(database, COMPONENT) < MIGRATIONS.length) migrate(database, COMPONENT, MIGRATIONS);
  if (filled.holding === null) introduce(database, pipeline.name, topology);
  const source = await reachable('source', () => pipeline.source.open({ directory, database }));
  attempt.defer(() => source.close());
  const refused = filled.holding === null ? null : await refusalOf(source, filled.holding.manifest.progress);
  if (refused !== null) return refused;
  const opened = attempt.move();
  closing.defer(() => opened.disposeAsync());
  return { ...filled, database, source };
}

async function fill(
  pipeline: Pipeline,
  directory: string,
  topology: Topology,
  closing: AsyncDisposableStack,
): Promise<Filled | string> {
  const place = new Place();
  const context = new StepContext(pipeline, place, new SeededRandom(pipeline.seed));
  const branches = branchesOf(pipeline, place, context);
  const slots = await reachable('model', () => createSlots(pipeline, context, branches));
  closing.defer(() => closeSlots(slots));
  const live = loadLiveState(directory, slots, { pipeline: pipeline.name, topology });
  if (live.found === 'damaged') return live.why;
  if (live.found === 'good') resumeModels(slots, live.holding.manifest.models);
  const holding = live.found === 'good' ? live.holding : null;
  branches?.resume(slots, holding?.manifest.stopped ?? [], holding?.row.records ?? 0);
  return { place, context, slots, branches, holding };
}

/** Models go on with the version that was swapped in, and frozen if they were. */
function resumeModels(slots: readonly Slot[], stamps: Manifest['models']): void {
  for (const slot of slots) {
    const stamp = slot instanceof ModelSlot ? stamps[slot.model] : undefined;
    if (!(slot instanceof ModelSlot) || stamp === undefined) continue;
    slot.version = stamp.version;
    slot.instance.learning = !stamp.frozen;
  }
}

/** Says whose database it is, before the first epoch. */
function introduce(database: DatabaseSync, name: string, topology: Topology): void {
  database
    .prepare('INSERT OR REPLACE INTO lastcall_pipeline (id, name, topology) VALUES (1, ?, ?)')
    .run(name, canonical(topology));
}

/** What was loaded is what is there now: the owner before us cannot commit any more, since the fence row is ours. */
function requireUnchanged(database: DatabaseSync, holding: Holding | null): void {
  const newest = newestEpochs(database, 1)[0];
  if (newest?.hash === holding?.row.hash) return;
  throw new LastcallError('fenced', {
    what: 'its owner has come back to life and committed while we were taking over',
    on: database.location() ?? 'state',
    todo: 'Start again: then the newer state is read, or that owner is named.',
  });
}

function unusable(directory: string, why: string, withoutLock: boolean): LastcallError {
  return new LastcallError('state_refused', {
    what: withoutLock ? `${why}, and its owner hangs and holds it` : `an archive took its place, and still: ${why}`,
    on: directory,
    todo: withoutLock ? 'End that process first, then start again.' : 'Look at the disk.',
  });
}
