// Puts the parts of a pipeline together: state and source (open-state.ts), sink, epochs, archives, engine.
import type { Clock } from '../../../base/clock.ts';
import type { CheckpointRecord } from '../../../lifecycle/core/types.ts';
import type { Limit } from '../../core/limit.ts';
import type { Pipeline } from '../../pipeline.ts';
import { START } from '../../ports.ts';
import type { OpenSink } from '../../ports.ts';
import { Archivist } from './archivist.ts';
import type { ArchiveNews } from './archivist.ts';
import { GENESIS } from './chain.ts';
import type { EpochRow, Progress } from './chain.ts';
import { DeadLetters } from './dead-letters.ts';
import { Engine } from './engine.ts';
import { EpochWriter } from './epoch-writer.ts';
import { oldestEpochAtMs } from './epoch-rows.ts';
import { Epochs } from './epochs.ts';
import { Intake } from './intake.ts';
import { openMark } from './mark.ts';
import { ModelDesk } from './model-desk.ts';
import { openState } from './open-state.ts';
import type { OpenOptions, OpenState } from './open-state.ts';
import { PartDesk } from './part-desk.ts';
import { PieceStore } from './piece-store.ts';
import { reachable } from './reachable.ts';
import { SinkGroup } from './sink-group.ts';
import { StepRunner } from './step-runner.ts';
import { topologyHash } from './topology-hash.ts';

export interface PipelineOptions extends OpenOptions {
  /** Called with the size of each batch read; `false` turns it away. */
  readonly accept: (records: number) => boolean;
  /** Records that are committed and acknowledged. */
  readonly finished: (records: number) => void;
  /** Where a replay stops. */
  readonly limit?: Limit;
  /** Called when an archive was written, or could not be. */
  readonly onArchive: (news: ArchiveNews) => void;
}

export interface OpenPipeline extends AsyncDisposable {
  readonly engine: Engine;
  readonly epochs: Epochs;
  /** Null: the pipeline keeps no archives. */
  readonly archivist: Archivist | null;
  readonly state: OpenState;
  readonly models: ModelDesk;
  /** Null: nothing of this pipeline can be stopped alone. */
  readonly parts: PartDesk | null;
  readonly clock: Clock;
  /** The newest committed epoch, as reports show it. */
  readonly checkpoint: () => CheckpointRecord;
}

/** @throws LastcallError `fenced`, `state_refused`, `dependency`, `io`, …; nothing was read, and all is closed again */
export async function openPipeline(pipeline: Pipeline, options: PipelineOptions): Promise<OpenPipeline> {
  await using closing = new AsyncDisposableStack();
  const state = await openState(pipeline, options, closing);
  const { directory, clock } = options;
  const { database, fence, source, slots, branches, holding, restored } = state;
  const sink = await reachable('sink', () => openSink(pipeline, state, directory));
  closing.defer(() => sink.close());
  await reachable('sink', () => sink.recover());

  const row = holding?.row ?? NOTHING;
  const mark = await openMark(directory, row);
  closing.defer(() => mark.close());
  const pieces = new PieceStore(database);
  const stamp = { topology: topologyHash(state.topology), code: pipeline.codeVersion };
  const writer = new EpochWriter(database, { fence, pieces, deadLetters: new DeadLetters(database) }, stamp);
  const runner = new StepRunner({ step: branches?.step ?? pipeline.step }, state.context, state.place, sink);
  if (sink instanceof SinkGroup) branches?.connect(sink.members, (outputs) => void (runner.outputs += outputs));
  const { finished } = options;
  const epochs = new Epochs(
    { writer, fence, pieces, mark, slots, source, sink, runner, branches, clock, finished },
    pipeline.commit,
    { row, slots: slots.map((slot) => pieces.sum(slot)), stateBytes: 0, sinkMs: 0 },
    holding?.manifest.progress ?? beginning(source.partitions),
  );
  if (restored !== null) {
    const { archive, stepsBack, why } = restored;
    epochs.open.events.push({ event: 'restored', from: archive.manifest.id, stepsBack, why });
  }
  const owed = sink.unacknowledged;
  if (owed > 0 && options.accept(owed)) epochs.owe(owed);
  const bornAtMs = oldestEpochAtMs(database) ?? clock.wallMs();
  const archivist =
    pipeline.archive === null ? null : new Archivist(pipeline, pipeline.archive, { ...options, epochs, bornAtMs });
  closing.defer(() => archivist?.close());
  epochs.onCommit(() => archivist?.consider());
  const intake = new Intake(source, epochs.progress, options.accept);
  const { limit = null } = options;
  const engine = new Engine({ pipeline, intake, epochs, runner, branches, limit, clock });
  const checkpoint = (): CheckpointRecord => checkpointOf(epochs, restored?.stepsBack ?? 0);
  const models = new ModelDesk(slots, epochs, engine);
  const parts = branches === null ? null : new PartDesk(branches, epochs, engine);
  const opened = closing.move();
  return {
    engine,
    epochs,
    archivist,
    state,
    models,
    parts,
    clock,
    checkpoint,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function openSink(pipeline: Pipeline, { database }: OpenState, directory: string): Promise<OpenSink<unknown>> {
  const context = { directory, database, pipeline: pipeline.name, source: pipeline.source.identity };
  const own = pipeline.parts.flatMap(({ sink }) => sink ?? []);
  return own.length === 0 ? pipeline.sink.open(context) : SinkGroup.open([pipeline.sink, ...own], context);
}

/** The row before the first. */
const NOTHING: EpochRow = {
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
};

function beginning(partitions: number): Progress[] {
  return Array.from({ length: partitions }, () => ({ records: 0, position: START }));
}

function checkpointOf(epochs: Epochs, stepsBack: number): CheckpointRecord {
  const position = Object.fromEntries(epochs.progress.map((progress, partition) => [partition, progress.position]));
  return { id: `ckpt_${epochs.committed.row.epoch}`, verified: true, stepsBack, position };
}
