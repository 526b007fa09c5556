// The embedded engine at work: reads, processes, commits, until the source ends, it is paused, or something fails. It
// knows nothing of signals and stages; unit.ts connects it to a lifecycle.
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { Clock } from '../../../base/clock.ts';
import { LastcallError } from '../../../base/errors.ts';
import type { StopMode } from '../../../lifecycle/core/types.ts';
import { nextStride } from '../../core/cadence.ts';
import type { Limit } from '../../core/limit.ts';
import type { Pipeline } from '../../pipeline.ts';
import { dealWithFailure } from './failed-record.ts';
import type { Branches } from './branches.ts';
import type { Epochs } from './epochs.ts';
import type { Intake, Run } from './intake.ts';
import { isParked } from './parked.ts';
import { StepFailure } from './step-runner.ts';
import type { StepRunner } from './step-runner.ts';
import { whyOpen } from './why-open.ts';

export interface EngineParts {
  readonly pipeline: Pipeline;
  readonly intake: Intake;
  readonly epochs: Epochs;
  readonly runner: StepRunner;
  /** Null: nothing can be stopped alone. */
  readonly branches: Branches | null;
  /** Where a replay stops; null: nowhere. */
  readonly limit: Limit | null;
  readonly clock: Clock;
}

/** Longest that records are processed without letting signals, timers and requests through, milliseconds. */
const YIELD_MS = 10;

/** Something to be done between two epochs. */
interface BarrierTask {
  run(): Promise<void>;
  refuse(error: unknown): void;
}

export class Engine {
  readonly #parts: EngineParts;
  /** Records between two looks at the clock. */
  #stride = 1;
  #yieldedAtMs: number;
  #phase: 'working' | 'over' = 'working';
  readonly #abandoning = new AbortController();
  /** A record was begun and its step was not waited for: the open epoch must not be committed. */
  #halfDone = false;
  /** While something is waited for: how to look up from it. */
  #wake: (() => void) | null = null;
  readonly #barriers: BarrierTask[] = [];
  readonly #atEnd = Promise.withResolvers<void>();
  #isAtEnd = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#yieldedAtMs = parts.clock.monotonicMs();
  }

  /** Records read and not processed, and those processed and not committed. */
  get uncommitted(): number {
    return this.#parts.intake.buffered + this.#parts.epochs.open.records;
  }

  get #isAbandoned(): boolean {
    return this.#abandoning.signal.aborted;
  }

  /** Resolves when everything that the source has is processed. */
  get sourceEnded(): Promise<void> {
    return this.#atEnd.promise;
  }

  /** Why the stream, as far as it was processed, is not to be closed for good: a clause; null if it may be. */
  get whyOpen(): string | null {
    return this.#isAbandoned ? 'draining was given up' : whyOpen(this.#parts, this.#isAtEnd);
  }

  /** Nothing more is read; `run` resolves when what was read is processed. */
  pause(): void {
    this.#parts.intake.pause();
    this.#parts.branches?.interrupt();
    this.#wake?.();
  }

  /** `run` resolves as soon as the record at hand allows it, without waiting for a step or a source that hangs. */
  abandon(): void {
    this.pause();
    this.#abandoning.abort();
    this.#parts.runner.abandon();
    this.#wake?.();
  }

  /**
   * Runs `action` between two epochs: what came before is committed, and no step is at work. What it changes is part of
   * the next epoch, which it may commit.
   * @throws what `action` throws; LastcallError `cancelled` if the pipeline ends before
   */
  atBarrier<Result>(action: (commit: () => Promise<void>) => Promise<Result>): Promise<Result> {
    if (this.#phase === 'over') return Promise.reject(ending());
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#barriers.push({ run: () => action(() => this.#commit()).then(resolve, reject), refuse: reject });
    this.#wake?.();
    return promise;
  }

  /**
   * Works until the source has ended (then everything is committed) or until it was paused and what was read is processed
   * (then the last epoch is open still).
   * @throws LastcallError `failed` (a step), `fenced`, `disk_full`, `io`, …; what the source throws
   */
  async run(): Promise<'end' | 'paused'> {
    try {
      return await this.#work();
    } catch (error) {
      // A sink that waits for room gives up with us; the open epoch is whole, and may still be committed.
      if (this.#isAbandoned && error instanceof LastcallError && error.code === 'cancelled') return 'paused';
      throw error;
    } finally {
      this.#phase = 'over';
      for (const barrier of this.#barriers.splice(0)) barrier.refuse(ending());
    }
  }

  /**
   * Commits what is processed, unless a record is half done. `drain` first fires whatever waits for time, unless records are
   * left (`whyOpen`): what they belong to is not to be closed before them.
   * @throws what the commit throws; LastcallError `cancelled` if a sink had no room until `signal` aborted
   */
  async commitLast(mode: StopMode, signal: AbortSignal): Promise<void> {
    if (this.#halfDone || this.#parts.epochs.failure !== null) return;
    if (mode === 'drain' && this.whyOpen === null) this.#parts.epochs.fireAll();
    await this.#parts.epochs.commit(signal);
  }

  async #work(): Promise<'end' | 'paused'> {
    const { intake, branches } = this.#parts;
    while (!this.#isAbandoned) {
      if (this.#parts.limit?.isReached(this.#parts.epochs.open.progress) === true) {
        await this.#betweenSteps();
        return 'paused';
      }
      // What waits for a stopped branch is not worked off for its own sake during an ending: it is kept.
      if (branches !== null && intake.paused && intake.buffered === 0) return 'paused';
      if (branches !== null && !(await this.#isWayClear(branches))) return 'paused';
      const next = intake.take();
      if (next === 'paused') return 'paused';
      if (next === 'end') this.#reachEnd();
      if (next === 'end' && branches?.isAnyParked === true) {
        // They can be worked off only by this run of the pipeline: the next one would be at its end at once.
        if (intake.paused) return 'paused';
        await this.#waitFor(branches.changed());
        continue;
      }
      if (next === 'end') {
        this.#parts.epochs.endSinks();
        await this.#commit();
        return 'end';
      }
      if (next === 'reading') await this.#waitFor(intake.fill());
      // A branch that is back may have something to do.
      else if (next === 'idle' && branches !== null)
        await this.#waitFor(Promise.race([intake.more(), branches.changed()]));
      else if (next === 'idle') await this.#waitFor(intake.more());
      else await this.#process(next);
    }
    return 'paused';
  }

  #reachEnd(): void {
    this.#isAtEnd = true;
    this.#atEnd.resolve();
  }

  #commit(): Promise<void> {
    return this.#parts.epochs.commit(this.#abandoning.signal);
  }

  async #process({ batch, from, to }: Run): Promise<void> {
    const { epochs, intake, branches, clock } = this.#parts;
    for (let index = from; index < to && !this.#isAbandoned;) {
      if (branches !== null && !isParked(batch) && !(await this.#isWayClear(branches))) return;
      const epochRoom = Math.max(1, epochs.cadence.records - epochs.open.processed);
      const room = branches === null || isParked(batch) ? epochRoom : Math.min(epochRoom, branches.room);
      const end = this.#endOf({ batch, from: index, to: Math.min(to, index + this.#stride, index + room) });
      if (end === index) return;
      const run = { batch, from: index, to: end };
      const startedAtMs = clock.monotonicMs();
      const reached = this.#runStep(run, startedAtMs);
      index = typeof reached === 'number' ? reached : await this.#orGivenUp(reached);
      this.#stride = nextStride(this.#stride, clock.monotonicMs() - startedAtMs);
      if (this.#halfDone) return;
      await this.#betweenSteps();
      // A branch may have been stopped meanwhile: the queue knows what is next.
      if (isParked(batch)) return;
      intake.dealtWith(index - run.from, clock.monotonicMs() - startedAtMs);
    }
  }

  /** Up to which record a run may go. */
  #endOf(run: Run): number {
    const { limit, epochs } = this.#parts;
    return limit === null || isParked(run.batch) ? run.to : limit.cut(run, epochs.open.progress);
  }

  /**
   * Works off what was parked for branches that are back, and waits while a queue is full: only then come newer records.
   * @returns false if it came to no end: the pipeline is ending
   */
  async #isWayClear(branches: Branches): Promise<boolean> {
    const { intake } = this.#parts;
    for (;;) {
      if (this.#isAbandoned) return false;
      const batch = branches.nextParked(this.#stride);
      if (batch !== null) await this.#process({ batch, from: 0, to: batch.length });
      else if (branches.room > 0) return true;
      else if (intake.paused) return false;
      else await this.#waitFor(branches.changed());
    }
  }

  /** Processes a run, or the beginning of it. @returns the index after the last record that is dealt with */
  #runStep(run: Run, nowMs: number): number | Promise<number> {
    const { epochs, runner } = this.#parts;
    const processed = (to: number): number => {
      epochs.open.add({ ...run, to }, nowMs);
      return to;
    };
    try {
      const reached = runner.run(run.batch, run.from, run.to);
      if (typeof reached === 'number') return processed(reached);
      return reached.then(processed).catch((error) => this.#failed(run, error));
    } catch (error) {
      return this.#failed(run, error);
    }
  }

  async #failed(run: Run, error: unknown): Promise<number> {
    if (!(error instanceof StepFailure)) throw error;
    const nowMs = (): number => this.#parts.clock.monotonicMs();
    return dealWithFailure({ ...this.#parts, nowMs, commit: () => this.#commit() }, run, error);
  }

  /** Waits for a step, unless the engine is abandoned: then the open epoch can no longer be committed. */
  async #orGivenUp(reached: Promise<number>): Promise<number> {
    for (;;) {
      const index = await this.#either(reached);
      if (index !== WOKEN) return index;
      if (!this.#isAbandoned) continue;
      this.#halfDone = true;
      return Number.NaN;
    }
  }

  /** Waits for the source. Meanwhile the open epoch is committed when due, and barriers are not kept waiting. */
  async #waitFor(arrival: Promise<void>): Promise<void> {
    const { epochs, intake, clock } = this.#parts;
    // A read that is given up may still fail, and then nobody cares.
    arrival.catch(() => {});
    for (;;) {
      // Those that came while events were let through, when nobody waited.
      while (this.#barriers.length > 0) await this.#betweenSteps();
      const dueInMs = epochs.dueInMs();
      const cancel = dueInMs === null ? () => {} : clock.after(dueInMs, () => this.#wake?.());
      const arrived = await this.#either(arrival).finally(cancel);
      await this.#betweenSteps();
      if (arrived !== WOKEN || this.#isAbandoned || intake.paused) return;
    }
  }

  /** The result, or WOKEN if `#wake` was called first. */
  async #either<Result>(promise: Promise<Result>): Promise<Result | typeof WOKEN> {
    const woken = Promise.withResolvers<typeof WOKEN>();
    this.#wake = () => woken.resolve(WOKEN);
    try {
      return await Promise.race([promise, woken.promise]);
    } finally {
      this.#wake = null;
    }
  }

  async #betweenSteps(): Promise<void> {
    const { epochs, clock } = this.#parts;
    if (epochs.isDue || this.#barriers.length > 0) await this.#commit();
    while (this.#barriers.length > 0) await this.#barriers.shift()!.run();
    epochs.requireSound();
    if (clock.monotonicMs() - this.#yieldedAtMs < YIELD_MS) return;
    await yieldToEvents();
    this.#yieldedAtMs = clock.monotonicMs();
  }
}

const WOKEN = Symbol('woken');

function ending(): LastcallError {
  return new LastcallError('cancelled', {
    what: 'the pipeline is ending',
    todo: 'Nothing was changed; ask again when it runs.',
  });
}
