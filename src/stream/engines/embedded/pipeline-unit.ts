// The hooks of a pipeline in the lifecycle of its unit. They stand before anything is opened, so that a stop during
// start-up finds them; each does nothing for what was never opened.
import type { Clock } from '../../../base/clock.ts';
import { LastcallError, messageOf } from '../../../base/errors.ts';
import type { HookContext, StopMode, Unit } from '../../../lifecycle/index.ts';
import type { Pipeline } from '../../pipeline.ts';
import type { ArchiveNews } from './archivist.ts';
import { DeadLetterCount } from './dead-letter-count.ts';
import { openPipeline } from './open.ts';
import type { OpenPipeline } from './open.ts';
import { PartUnits } from './part-units.ts';
import { pipelineExtension } from './pipeline-extension.ts';
import { ProgressMeter } from './progress.ts';
import type { PipelineProgress } from './progress.ts';

export interface PipelinePlace {
  readonly directory: string;
  readonly leaseMs: number;
  readonly clock: Clock;
}

/** Share of the time to persist in which the outside may still acknowledge. */
const PATIENCE = 0.5;

export class PipelineUnit {
  readonly #unit: Unit;
  readonly #place: PipelinePlace;
  readonly #opening: Promise<OpenPipeline>;
  /** Null if opening failed. */
  readonly #opened: Promise<OpenPipeline | null>;
  /** Settles when the engine has stopped working, well or not. */
  #working: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #heartbeat: NodeJS.Timeout | undefined;
  #meter: ProgressMeter | null = null;
  #tellDeadLetters: () => void = () => {};

  constructor(pipeline: Pipeline, unit: Unit, place: PipelinePlace) {
    this.#unit = unit;
    this.#place = place;
    unit.onAnnounce('source', (context) => this.#finishSource(context), { finishes: true });
    unit.onIntake('source', async () => (await this.#opened)?.engine.pause());
    unit.onDrain('records', (context) => this.#drain(context));
    unit.onPersist('state', (context) => this.#persist(context));
    unit.onRelease('state', () => this.#release());
    this.#opening = openPipeline(pipeline, {
      ...place,
      instance: unit.instance,
      signal: unit.stopRequested,
      accept: (records) => unit.work.acceptMany(records),
      finished: (records) => unit.work.finishMany(records),
      onArchive: (news) => this.#logArchive(news),
    });
    this.#opened = this.#opening.catch(() => null);
  }

  /** Null while it is being opened, and if that failed. */
  progress(): PipelineProgress | null {
    return this.#meter?.snapshot() ?? null;
  }

  /** Resolves when the pipeline is at work or its unit is ending. */
  async start(): Promise<void> {
    try {
      const open = await this.#opening;
      const { engine, state } = open;
      this.#logStart(open);
      this.#unit.checkpointed(open.checkpoint());
      this.#countDeadLetters(open);
      const meter = new ProgressMeter(open, this.#place.directory);
      this.#meter = meter;
      const parts = open.parts && new PartUnits(this.#unit, open, open.parts, () => this.#working);
      this.#unit.extension(pipelineExtension(open, meter, parts));
      if (state.source.participant !== undefined) this.#unit.use(state.source.participant);
      // It also keeps the process alive while a growing source has nothing to read.
      this.#heartbeat = setInterval(() => this.#beat(open), this.#place.leaseMs / 3);
      await parts?.begin();
      await this.#unit.ready();
      this.#working = engine.run().then(
        (how) => void (how === 'end' && this.#unit.complete()),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      // Opening that was given up because a stop came is no failure.
      if (!this.#unit.stopRequested.aborted) this.#fail(error);
    }
  }

  /** Those of records are told as they come; what the outside refuses may come between commits, and is told at the end. */
  #countDeadLetters({ state, epochs }: OpenPipeline): void {
    let { dead } = epochs.committed.row;
    const count = new DeadLetterCount(state.database, dead);
    const tell = (): void => this.#unit.setAside(count.at(epochs.committed.row.dead));
    epochs.onCommit(() => {
      if (epochs.committed.row.dead === dead) return;
      ({ dead } = epochs.committed.row);
      tell();
    });
    this.#tellDeadLetters = tell;
  }

  #beat({ state, epochs }: OpenPipeline): void {
    // What is delivered while no commit comes is counted here.
    epochs.settle();
    try {
      state.fence.heartbeat();
    } catch (error) {
      // Anything else may pass until the lease is over, and the next commit will tell.
      if (error instanceof LastcallError && error.code === 'fenced') this.#fail(error);
      else this.#unit.log('heartbeat_failed', { error: messageOf(error) });
    }
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    void this.#unit.fail(error);
  }

  /** Mode drain: the source comes to its end while records are still taken. An endless one is at its end where it is. */
  async #finishSource({ signal }: HookContext): Promise<void> {
    const open = await this.#opened;
    if (open === null || open.state.source.endless === true) return;
    const { promise: givenUp, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await Promise.race([open.engine.sourceEnded, this.#working, givenUp]);
  }

  /** What was read is processed, until the stage's time is up or draining is given up. */
  async #drain({ signal, mode }: HookContext): Promise<void> {
    const open = await this.#opened;
    if (open === null) return;
    void open.models.end();
    const abandon = (): void => open.engine.abandon();
    if (signal.aborted || this.#hasFailed) abandon();
    signal.addEventListener('abort', abandon, { once: true });
    await this.#working;
    signal.removeEventListener('abort', abandon);
    // A record is finished once it is committed, and the stage lasts until nothing is in flight.
    if (!signal.aborted) await this.#commitLast(open, 'suspend', signal);
    await open.epochs.acknowledged(signal);
    if (signal.aborted) return;
    this.#giveBack(open);
    const { whyOpen } = open.engine;
    if (mode === 'drain' && whyOpen !== null && !this.#hasFailed) throw notDrained(whyOpen);
  }

  /** What was read and will not be committed any more is read again by the next start: the stage need not wait for it. */
  #giveBack({ epochs }: OpenPipeline): void {
    const { work } = this.#unit;
    const mayBeCommitted = this.#hasFailed ? 0 : epochs.open.records;
    work.giveBackMany(work.inFlight - epochs.unacknowledged - mayBeCommitted);
  }

  /** The last epoch; then, while time is left, the outside's acknowledgement and an archive. */
  async #persist(context: HookContext): Promise<void> {
    const open = await this.#opened;
    if (open === null) return;
    await this.#working;
    await open.models.end();
    // What the outside has not taken is handed back, so it may not use up the time of what cannot be.
    const patienceMs = Math.floor(context.remainingMs() * PATIENCE);
    const patience = AbortSignal.any([context.signal, AbortSignal.timeout(Math.max(0, patienceMs))]);
    await this.#commitLast(open, context.mode, patience);
    await open.epochs.acknowledged(patience);
    if (!this.#hasFailed) await open.archivist?.finish(() => context.remainingMs(), context.signal);
    this.#unit.checkpointed(open.checkpoint());
    this.#tellDeadLetters();
  }

  async #commitLast(open: OpenPipeline, mode: StopMode, signal: AbortSignal): Promise<void> {
    if (this.#hasFailed) return;
    try {
      await open.engine.commitLast(mode, signal);
    } catch (error) {
      // A sink had no room in time: what it would have taken is returned, and read again.
      if (error instanceof LastcallError && error.code === 'cancelled')
        this.#unit.log('not_committed', { error: error.message });
      else this.#fail(error);
    }
  }

  async #release(): Promise<void> {
    clearInterval(this.#heartbeat);
    await (await this.#opened)?.[Symbol.asyncDispose]();
  }

  #logArchive(news: ArchiveNews): void {
    if ('failed' in news) {
      this.#unit.log('archive_failed', { error: messageOf(news.failed) });
      return;
    }
    const { id, epoch, records } = news.archived;
    this.#unit.log('archived', { id, epoch, records, tookMs: Math.round(news.tookMs), removed: news.removed });
  }

  #logStart({ state, epochs }: OpenPipeline): void {
    const { epoch, records, code } = epochs.committed.row;
    if (state.holding !== null) this.#unit.log('resumed', { epoch, records, code });
    if (state.restored === null) return;
    const { archive, stepsBack, why, passedOver } = state.restored;
    this.#unit.log('restored', { from: archive.manifest.id, stepsBack, why, passedOver });
  }
}

function notDrained(why: string): LastcallError {
  return new LastcallError('cancelled', {
    what: `${why}, so nothing was fired and the end is not marked`,
    todo: 'Nothing is lost: the next start goes on from here.',
  });
}
