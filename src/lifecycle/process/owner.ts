// What belongs to the process rather than to one unit: signals, uncaught errors, an event loop that runs empty,
// `process.exit()` in the middle, and the one exit at the end, when all root units are over.
import { systemClock } from '../../base/clock.ts';
import type { SignalName } from '../core/types.ts';
import { flushOutputs } from '../log.ts';
import { codeOfSignal, onEndingSignals } from './signals.ts';
import { worstCode } from './worst-code.ts';

/** A root unit, as its process sees it. */
export interface OwnedRoot {
  signal(name: SignalName): void;
  /** An error that nobody caught. */
  fatal(error: unknown): void;
  /** Nothing is left in the event loop that could happen any more. */
  ranEmpty(code: number): void;
  /** `process.exit(code)` was called: ends within this call. @returns the unit's exit code */
  endSynchronously(code: number): number;
}

/** A reader of our output that stands still holds the exit up for no longer than this. */
const FLUSH_MS_MAX = 10_000;
/** It gets this long even at the deadline; the watchdog waits longer. */
export const FLUSH_MS_MIN = 100;

class ProcessOwner {
  readonly #roots = new Set<OwnedRoot>();
  #codes: number[] = [];
  #installed = false;
  /** Set once the exit is under way. */
  #leaving = false;

  add(root: OwnedRoot): void {
    this.#roots.add(root);
    if (this.#installed) return;
    this.#installed = true;
    onEndingSignals((signal) => this.#onSignal(signal));
    // With this handler rejections that nobody handles arrive here too, unless the user chose another mode.
    process.on('uncaughtException', (error) => this.#onFatal(error));
    process.on('beforeExit', () => this.#onEmpty());
    process.on('exit', (code) => this.#onExit(code));
  }

  /**
   * A root is over, its report written and its services closed. The last one takes the process with it.
   * @param deadlineAtMs monotonic; outputs are flushed until then
   */
  left(root: OwnedRoot, code: number, deadlineAtMs: number): 'others go on' | 'leaving' {
    this.#codes.push(code);
    this.#codes = [worstCode(this.#codes)];
    if (this.#roots.size > 1) {
      this.#roots.delete(root);
      return 'others go on';
    }
    void this.#leave(deadlineAtMs);
    return 'leaving';
  }

  async #leave(deadlineAtMs: number): Promise<void> {
    this.#leaving = true;
    // Whoever awaited the end gets a turn, and an error that was on its way out of their block is heard of.
    await new Promise(setImmediate);
    const remainingMs = deadlineAtMs - systemClock.monotonicMs();
    await flushOutputs(Math.min(FLUSH_MS_MAX, Math.max(FLUSH_MS_MIN, remainingMs)));
    this.#exit();
  }

  #exit(): never {
    process.exit(worstCode(this.#codes));
  }

  #onSignal(signal: SignalName): void {
    if (this.#leaving) this.#exit();
    if (this.#roots.size === 0) process.exit(codeOfSignal(signal));
    for (const root of this.#roots) root.signal(signal);
  }

  #onFatal(error: unknown): void {
    if (this.#leaving) this.#codes.push(1);
    for (const root of this.#roots) root.fatal(error);
  }

  #onEmpty(): void {
    for (const root of this.#roots) root.ranEmpty(Number(process.exitCode ?? 0));
  }

  #onExit(code: number): void {
    for (const root of this.#roots) this.#codes.push(root.endSynchronously(code));
    // Whoever calls process.exit(0) must not make a success of what was none.
    if (code === 0) process.exitCode = worstCode(this.#codes);
  }
}

export const processOwner = new ProcessOwner();
