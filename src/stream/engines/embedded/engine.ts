// The embedded engine at work: reads, processes, commits, until the source ends, it is paused, or something fails. It
// knows nothing of signals and stages; unit.ts connects it to a lifecycle.
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { Clock } from '../../../base/clock.ts';
import type { StopMode } from '../../../lifecycle/core/types.ts';
import { nextStride } from '../../core/cadence.ts';
import type { Pipeline } from '../../pipeline.ts';
import { dealWithFailure } from './failed-record.ts';
import type { Archivist } from './archivist.ts';
import type { Epochs } from './epochs.ts';
import type { Intake, Run } from './intake.ts';
import { StepFailure } from './step-runner.ts';
import type { StepRunner } from './step-runner.ts';

export interface EngineParts {
  readonly pipeline: Pipeline;
  readonly intake: Intake;
  readonly epochs: Epochs;
  readonly runner: StepRunner;
  readonly clock: Clock;
  readonly archivist: Archivist | null;
}

/** Longest that records are processed without letting signals, timers and requests through, milliseconds. */
const YIELD_MS = 10;

export class Engine {
  readonly #parts: EngineParts;
  /** Records between two looks at the clock. */
  #stride = 1;
  #yieldedAtMs: number;
  #isAbandoned = false;
  /** While a step is waited for: how to stop waiting. */
  #giveUp: (() => void) | null = null;
  /** A record was begun and its step was not waited for: the open epoch must not be committed. */
  #halfDone = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#yieldedAtMs = parts.clock.monotonicMs();
  }

  /** Records read and not processed, and those processed and not committed. */
  get uncommitted(): number {
    return this.#parts.intake.buffered + this.#parts.epochs.open.records;
  }

  /** Nothing more is read; `run` resolves when what was read is processed. */
  pause(): void {
    this.#parts.intake.pause();
  }

  /** `run` resolves as soon as the record at hand allows it, without waiting for a step that hangs. */
  abandon(): void {
    this.pause();
    this.#isAbandoned = true;
    this.#parts.runner.abandon();
    this.#giveUp?.();
  }

  /**
   * Works until the source has ended (then everything is committed) or until it was paused and what was read is processed
   * (then the last epoch is open still).
   * @throws LastcallError `failed` (a step), `fenced`, `disk_full`, `io`, …; what the source throws
   */
  async run(): Promise<'end' | 'paused'> {
    const { intake } = this.#parts;
    while (!this.#isAbandoned) {
      const next = await intake.next();
      if (next === 'paused') return 'paused';
      if (next === 'end') {
        await this.#commit();
        return 'end';
      }
      if (next === 'idle') await this.#wait();
      else await this.#process(next);
    }
    return 'paused';
  }

  /** Commits what is processed, unless a record is half done. `drain` first fires whatever waits for time. */
  async commitLast(mode: StopMode): Promise<void> {
    if (this.#halfDone) return;
    if (mode === 'drain') this.#parts.epochs.fireAll();
    await this.#parts.epochs.commit();
  }

  async #commit(): Promise<void> {
    await this.#parts.epochs.commit();
    this.#parts.archivist?.consider();
  }

  async #process({ batch, from, to }: Run): Promise<void> {
    const { epochs, clock } = this.#parts;
    for (let index = from; index < to && !this.#isAbandoned;) {
      const room = Math.max(1, epochs.cadence.records - epochs.open.records);
      const run = { batch, from: index, to: Math.min(to, index + this.#stride, index + room) };
      const startedAtMs = clock.monotonicMs();
      const reached = this.#runStep(run, startedAtMs);
      index = typeof reached === 'number' ? reached : await this.#orGivenUp(reached);
      this.#stride = nextStride(this.#stride, clock.monotonicMs() - startedAtMs);
      if (this.#halfDone) return;
      if (epochs.isDue) await this.#commit();
      if (clock.monotonicMs() - this.#yieldedAtMs > YIELD_MS) await this.#yield();
    }
  }

  /** Processes a run, or what can be of it. @returns the index after the last record that is dealt with */
  #runStep(run: Run, nowMs: number): number | Promise<number> {
    const { epochs, runner } = this.#parts;
    const done = (): number => {
      epochs.open.add(run, nowMs);
      return run.to;
    };
    try {
      const pending = runner.run(run.batch, run.from, run.to);
      return pending === undefined ? done() : pending.then(done).catch((error) => this.#failed(run, error));
    } catch (error) {
      return this.#failed(run, error);
    }
  }

  async #failed(run: Run, error: unknown): Promise<number> {
    if (!(error instanceof StepFailure)) throw error;
    const nowMs = (): number => this.#parts.clock.monotonicMs();
    return dealWithFailure({ ...this.#parts, nowMs }, run, error);
  }

  /** Waits for a step, unless the engine is abandoned: then the open epoch can no longer be committed. */
  async #orGivenUp(reached: Promise<number>): Promise<number> {
    const givenUp = Promise.withResolvers<number>();
    this.#giveUp = () => {
      this.#halfDone = true;
      givenUp.resolve(Number.NaN);
    };
    try {
      return await Promise.race([reached, givenUp.promise]);
    } finally {
      this.#giveUp = null;
    }
  }

  async #yield(): Promise<void> {
    await yieldToEvents();
    this.#yieldedAtMs = this.#parts.clock.monotonicMs();
  }

  /** Nothing to read at present: until there is, or the open epoch is due. */
  async #wait(): Promise<void> {
    const { intake, epochs, clock } = this.#parts;
    const dueInMs = epochs.dueInMs();
    const due = Promise.withResolvers<void>();
    const cancel = dueInMs === null ? () => {} : clock.after(dueInMs, () => due.resolve());
    try {
      await Promise.race([intake.more(), due.promise]);
    } finally {
      cancel();
    }
    if (epochs.isDue) await this.#commit();
  }
}
