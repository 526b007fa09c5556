// What belongs to the process rather than to one unit: signals, uncaught errors, an event loop that runs empty,
// `process.exit()` in the middle, and the one exit at the end, when all root units are over.
import { systemClock } from '../../base/clock.ts';
import { SIGNAL_DEBOUNCE_MS } from '../core.ts';
import type { SignalName } from '../core/types.ts';
import { flushOutputs } from '../log.ts';
import { takeEarlyStop } from './early-stop.ts';
import { codeOfSignal, onEndingSignals } from './signals.ts';
import { worstCode } from './worst-code.ts';

/** A root unit, as its process sees it. */
export interface OwnedRoot {
  /** Its report is written; only what is around it still closes. */
  readonly over: boolean;
  signal(name: SignalName): void;
  /** SIGHUP: whether it has a meaning of its own there, and was followed. */
  hangUp(): boolean;
  /** It is over, and somebody does not want to wait for the rest. */
  hurry(): void;
  /** It is over, and the process goes on for others. */
  stayBehind(): void;
  /** Whether this error is only the ending of this root, as somebody heard of it who waited. */
  isStop(error: unknown): boolean;
  /** An error that nobody caught. */
  fatal(error: unknown): void;
  /** Its work has failed, as somebody else knows and tells. */
  fail(error: unknown): void;
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
  /** The signal that counted last, and when it came. */
  #asked: { readonly signal: SignalName; readonly atMs: number } | undefined;

  add(root: OwnedRoot): void {
    this.#roots.add(root);
    if (!this.#installed) this.#install();
    // A signal that came while the program was still starting is not forgotten.
    const { signal } = this.#asked ?? {};
    if (signal) setImmediate(() => root.signal(signal));
  }

  /** Something went wrong that all of them stand or fall with. @returns whether there are any that are not over */
  fail(error: unknown): boolean {
    const open = [...this.#roots].filter((root) => !root.over);
    for (const root of open) root.fail(error);
    return open.length > 0;
  }

  #install(): void {
    this.#installed = true;
    onEndingSignals((signal) => this.#onSignal(signal));
    this.#asked = takeEarlyStop() ?? undefined;
    // With this handler rejections that nobody handles arrive here too, unless the user chose another mode.
    process.on('uncaughtException', (error) => this.#onFatal(error));
    process.on('beforeExit', () => this.#onEmpty());
    process.on('exit', (code) => this.#onExit(code));
  }

  /**
   * A root is over, its report written and its services closed. The last one takes the process with it.
   * @param deadlineAtMs monotonic; outputs are flushed until then
   */
  left(root: OwnedRoot, code: number, deadlineAtMs: number): void {
    this.#codes.push(code);
    this.#codes = [worstCode(this.#codes)];
    if (this.#roots.size > 1) this.#leaveBehind(root);
    else void this.#leave(deadlineAtMs);
  }

  #leaveBehind(root: OwnedRoot): void {
    this.#roots.delete(root);
    root.stayBehind();
  }

  async #leave(deadlineAtMs: number): Promise<void> {
    this.#leaving = true;
    // Whoever awaited the end gets a turn, and an error that was on its way out of their block is heard of.
    await new Promise(setImmediate);
    const remainingMs = deadlineAtMs - systemClock.monotonicMs();
    await flushOutputs(Math.min(FLUSH_MS_MAX, Math.max(FLUSH_MS_MIN, remainingMs)));
    // A program may have begun with its next unit meanwhile.
    this.#leaving = [...this.#roots].every((root) => root.over);
    if (this.#leaving) this.#exit();
    for (const root of this.#roots) if (root.over) this.#leaveBehind(root);
  }

  #exit(): never {
    process.exit(worstCode(this.#codes));
  }

  #onSignal(signal: SignalName): void {
    if (signal === 'SIGHUP' && [...this.#roots].filter((root) => !root.over && root.hangUp()).length > 0) return;
    const atMs = systemClock.monotonicMs();
    const repeated = this.#asked !== undefined && atMs - this.#asked.atMs <= SIGNAL_DEBOUNCE_MS;
    if (!repeated) this.#asked = { signal, atMs };
    if (this.#leaving && !repeated) this.#exit();
    if (this.#roots.size === 0) process.exit(codeOfSignal(signal));
    for (const root of this.#roots) {
      if (!root.over) root.signal(signal);
      else if (!repeated) root.hurry();
    }
  }

  #onFatal(error: unknown): void {
    if ([...this.#roots].some((root) => root.isStop(error))) return;
    if (this.#leaving) this.#codes.push(1);
    for (const root of this.#roots) root.fatal(error);
  }

  #onEmpty(): void {
    for (const root of this.#roots) root.ranEmpty(asSeenOutside(Number(process.exitCode ?? 0)));
  }

  #onExit(code: number): void {
    const cut = [...this.#roots].some((root) => !root.over);
    for (const root of this.#roots) this.#codes.push(root.endSynchronously(asSeenOutside(code)));
    // What is cut is told the code, and its report says what becomes of it; after that nobody who calls process.exit(0)
    // must make a success of what was none.
    if (cut || code === 0) process.exitCode = worstCode(this.#codes);
  }
}

/** Of an exit code only one byte arrives. */
function asSeenOutside(code: number): number {
  return code & 0xff;
}

export const processOwner = new ProcessOwner();
