// Opening a pipeline's state: ownership, database, verification, slots, source, sink, in this order, so that nothing is
// read of the source before everything that the pipeline needs has been found good and reachable.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../../base/clock.ts';
import { SeededRandom } from '../../../base/random.ts';
import type { CheckpointRecord } from '../../../lifecycle/core/types.ts';
import { lockDirectory, migrate, openSqlite } from '../../../store/index.ts';
import { canonical, topologyOf } from '../../core/topology.ts';
import type { Pipeline } from '../../pipeline.ts';
import { START } from '../../ports.ts';
import { GENESIS } from './chain.ts';
import type { EpochRow, Manifest } from './chain.ts';
import { DeadLetters } from './dead-letters.ts';
import { Engine } from './engine.ts';
import { EpochWriter } from './epoch-writer.ts';
import type { Committed } from './epoch-writer.ts';
import { Epochs } from './epochs.ts';
import { Fence } from './fence.ts';
import { Intake } from './intake.ts';
import { MarkFile, resetMark } from './mark.ts';
import { PieceStore } from './piece-store.ts';
import { COMPONENT, MIGRATIONS } from './schema.ts';
import { createSlots } from './slots.ts';
import { Place, StepContext } from './step-context.ts';
import { StepRunner } from './step-runner.ts';

export interface OpenOptions {
  /** The pipeline's own directory. */
  readonly directory: string;
  /** The unit's instance id. */
  readonly instance: string;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Aborted: opening is given up at its next safe point. */
  readonly signal: AbortSignal;
  /** Called with the size of each batch read; `false` turns it away. */
  readonly accept: (records: number) => boolean;
  /** Records that are committed and acknowledged. */
  readonly finished: (records: number) => void;
}

export const DATABASE = 'state.db';

export interface OpenPipeline extends AsyncDisposable {
  readonly engine: Engine;
  readonly epochs: Epochs;
  readonly database: DatabaseSync;
  checkpoint(): CheckpointRecord;
}

export async function openPipeline(pipeline: Pipeline, options: OpenOptions): Promise<OpenPipeline> {
  const { directory, clock } = options;
  await using closing = new AsyncDisposableStack();
  closing.use(lockDirectory(directory, options.instance));
  const database = openSqlite(join(directory, DATABASE));
  closing.defer(() => database.close());
  migrate(database, COMPONENT, MIGRATIONS);
  const fence = new Fence(database, { ...options, lock: 'ours', nowMs: () => clock.wallMs() });
  closing.defer(() => fence.release());
  const topology = topologyOf(pipeline);

  const place = new Place();
  const context = new StepContext(pipeline, place, new SeededRandom(pipeline.seed));
  const slots = await createSlots(pipeline, context);
  const pieces = new PieceStore(database);
  for (const slot of slots) slot.instance.load(pieces.read(slot));
  const row = latestEpoch(database);
  const source = await pipeline.source.open({ directory, database });
  closing.defer(() => source.close());
  const sink = await pipeline.sink.open({ directory, database, pipeline: pipeline.name });
  closing.defer(() => sink.close());
  await sink.recover();

  const runner = new StepRunner(pipeline, context, place, sink);
  const committed: Committed = {
    row: row ?? {
      epoch: 0,
      atMs: 0,
      topology: '',
      code: '',
      records: 0,
      outputs: 0,
      dead: 0,
      manifest: '',
      previous: '',
      hash: GENESIS,
    },
    slots: slots.map((slot) => pieces.sum(slot)),
    stateBytes: 0,
  };
  const progress =
    row === null
      ? Array.from({ length: source.partitions }, () => ({ records: 0, position: START }))
      : (JSON.parse(row.manifest) as Manifest).progress;
  await resetMark(directory, committed.row);
  const mark = new MarkFile(directory);
  closing.defer(() => mark.close());
  const writer = new EpochWriter(
    database,
    { fence, pieces, deadLetters: new DeadLetters(database) },
    { topology: createHash('sha256').update(canonical(topology)).digest('hex'), code: pipeline.codeVersion },
  );
  const { finished } = options;
  const parts = { writer, fence, pieces, mark, slots, source, sink, runner, clock, finished };
  const epochs = new Epochs(parts, pipeline.commit, committed, progress);
  const intake = new Intake(source, progress, options.accept);
  const engine = new Engine({ pipeline, intake, epochs, runner, clock });
  const stack = closing.move();
  const checkpoint = (): CheckpointRecord => {
    const { row } = epochs.committed;
    const position = Object.fromEntries(epochs.progress.map((at, partition) => [partition, at.position]));
    return { id: `ckpt_${row.epoch}`, verified: true, stepsBack: 0, position };
  };
  return { engine, epochs, database, checkpoint, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function latestEpoch(database: DatabaseSync): EpochRow | null {
  const row = database
    .prepare(
      'SELECT epoch, at_ms AS atMs, topology, code, records, outputs, dead, manifest, previous, hash FROM lastcall_epoch ORDER BY epoch DESC LIMIT 1',
    )
    .get();
  return row === undefined ? null : ({ ...row } as unknown as EpochRow);
}
