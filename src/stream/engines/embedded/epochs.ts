// The current epoch from its first record to its commit, and back to the last commit when it has to be undone.
import type { Clock } from '../../../base/clock.ts';
import { LastcallError } from '../../../base/errors.ts';
import type { OpenSink, OpenSource } from '../../ports.ts';
import { cadenceAt, nextScale } from '../../core/cadence.ts';
import type { Cadence } from '../../core/cadence.ts';
import { Settlement } from '../../core/settlement.ts';
import type { Branches } from './branches.ts';
import type { Progress } from './chain.ts';
import type { Committed, EpochWriter } from './epoch-writer.ts';
import type { Fence } from './fence.ts';
import type { MarkFile } from './mark.ts';
import { modelStamps } from './model-stamps.ts';
import { OpenEpoch } from './open-epoch.ts';
import type { PieceStore } from './piece-store.ts';
import type { Slot } from './slots.ts';
import type { StepRunner } from './step-runner.ts';

export interface EpochParts {
  readonly writer: EpochWriter;
  readonly fence: Fence;
  readonly pieces: PieceStore;
  readonly mark: MarkFile;
  readonly slots: readonly Slot[];
  readonly source: OpenSource;
  readonly sink: OpenSink<unknown>;
  readonly runner: StepRunner;
  /** Null: nothing can be stopped alone. */
  readonly branches: Branches | null;
  readonly clock: Clock;
  /** Records whose epoch is committed and whose outputs the outside has acknowledged. */
  readonly finished: (records: number) => void;
}

export class Epochs {
  open: OpenEpoch;
  committed: Committed;
  /** When the last epoch was committed, monotonic milliseconds, and how long that took. */
  committedAtMs: number;
  commitMs = 0;
  /** Why the last commit failed; state and sinks are then ahead of the database, and nothing more may be done with them. */
  failure: unknown = null;
  readonly #parts: EpochParts;
  readonly #base: Cadence;
  readonly #listeners: (() => void)[] = [];
  #scale = 1;
  #outputsBefore = 0;
  /** By partition, as committed. */
  progress: readonly Progress[];
  readonly #settlement = new Settlement();

  constructor(parts: EpochParts, base: Cadence, committed: Committed, progress: readonly Progress[]) {
    this.#parts = parts;
    this.#base = base;
    this.committed = committed;
    this.committedAtMs = parts.clock.monotonicMs();
    this.progress = progress;
    this.open = new OpenEpoch(progress);
  }

  get cadence(): Cadence {
    return cadenceAt(this.#scale, this.#base);
  }

  /** Committed records whose outputs wait for an acknowledgement. */
  get unacknowledged(): number {
    return this.#settlement.records;
  }

  /** @throws what the last commit threw, if it failed */
  requireSound(): void {
    // oxlint-disable-next-line typescript/only-throw-error -- whatever a sink threw
    if (this.failure !== null) throw this.failure;
  }

  /** `listener` is called after each commit. */
  onCommit(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Milliseconds until the open epoch is to be committed; null while it has no record. */
  dueInMs(): number | null {
    const { startedAtMs } = this.open;
    return startedAtMs === null ? null : startedAtMs + this.cadence.everyMs - this.#parts.clock.monotonicMs();
  }

  get isDue(): boolean {
    return this.open.processed >= this.cadence.records || (this.dueInMs() ?? 1) <= 0;
  }

  /**
   * Commits the open epoch, if there is anything in it.
   * @param signal ends the wait of a sink that has no room; then `cancelled`, and the open epoch stays as it is
   * @throws LastcallError `fenced`, `disk_full`, `io`, …: the last commit stands, and the open epoch is not to be used
   */
  async commit(signal: AbortSignal): Promise<void> {
    const { open } = this;
    if (open.isEmpty) return;
    const startedAtMs = this.#parts.clock.monotonicMs();
    const epoch = this.committed.row.epoch + 1;
    // Sinks may change files now, and those must not be another owner's.
    try {
      this.#parts.fence.check();
      await this.#parts.sink.prepare?.(epoch, signal);
    } catch (error) {
      const gaveUp = signal.aborted && error instanceof LastcallError && error.code === 'cancelled';
      if (!gaveUp) this.failure = error;
      throw error;
    }
    try {
      await this.#commit(open, epoch, startedAtMs);
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  async #commit(open: OpenEpoch, epoch: number, startedAtMs: number): Promise<void> {
    const { writer, sink, slots, mark, source, runner, branches, clock } = this.#parts;
    const beganAtMs = clock.monotonicMs();
    this.committed = writer.commit(
      this.committed,
      {
        progress: open.progress,
        records: open.records,
        outputs: runner.outputs - this.#outputsBefore,
        deadLetters: open.deadLetters,
        runs: source.partitions > 1 ? open.runs : [],
        models: modelStamps(slots),
        events: open.events,
        stopped: branches?.stopped ?? [],
      },
      { sink, slots, clock },
    );
    mark.raise(this.committed.row);
    for (const slot of slots) slot.markCommitted();
    branches?.markCommitted(this.committed.row.records);
    this.#outputsBefore = runner.outputs;
    this.progress = open.progress;
    this.open = new OpenEpoch(open.progress);
    this.committedAtMs = clock.monotonicMs();
    this.commitMs = this.committedAtMs - startedAtMs;
    this.#scale = nextScale(this.#scale, this.#base, {
      workMs: startedAtMs - (open.startedAtMs ?? startedAtMs),
      commitMs: this.commitMs,
      overheadMs: this.committedAtMs - beganAtMs - this.committed.sinkMs,
    });
    source.committed?.(open.progress.map(({ position }) => position));
    for (const listener of this.#listeners) listener();
    await sink.published?.(epoch);
    this.owe(open.records);
    this.settle();
  }

  /** The source has no more records: what sinks kept open for more is completed in the open epoch. */
  endSinks(): void {
    if (this.#parts.sink.ended?.() === true) this.open.events.push({ event: 'ended' });
  }

  /** Fires all windows and timers, and marks the end of the stream in the open epoch. */
  fireAll(): void {
    this.#parts.sink.ended?.();
    for (const { instance } of this.#parts.slots) instance.fireAll?.();
    this.open.events.push({ event: 'drained' });
  }

  /**
   * `records` more are finished when the outside has acknowledged all that the sink has committed by now. Outputs of an
   * earlier run that it has yet to acknowledge are work of this one, too.
   */
  owe(records: number): void {
    this.#settlement.commit(records, this.#parts.sink.reach?.committed ?? 0);
  }

  /** Counts what is committed and acknowledged as finished. */
  settle(): void {
    const finished = this.#settlement.acknowledge(this.#parts.sink.reach?.acknowledged ?? 0);
    if (finished > 0) this.#parts.finished(finished);
  }

  /** Waits until the outside has acknowledged what is committed, or the signal aborts. */
  async acknowledged(signal: AbortSignal): Promise<void> {
    if (this.#parts.sink.unacknowledged > 0) await this.#parts.sink.acknowledged?.(signal);
    this.settle();
  }

  /** State, models, randomness and sinks as of the last commit; the open epoch is a new one. Returns the undone one. */
  async undo(): Promise<OpenEpoch> {
    const undone = this.open;
    const { sink, slots, pieces, runner, branches } = this.#parts;
    sink.discard();
    branches?.undo();
    runner.outputs = this.#outputsBefore;
    for (const slot of slots) await slot.undo(() => pieces.read(slot));
    this.open = new OpenEpoch(this.progress);
    this.open.events.push(...undone.events);
    return undone;
  }
}
