// Keeps the watchdog informed of one root unit: what it is, its state as often as that matters, and its deadline.
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../view.ts';
import { systemMs, type WatchedUnit } from '../watchdog/messages.ts';
import { watchdog } from '../watchdog/watchdog.ts';
import type { Disk } from './disk.ts';
import type { UnitNode } from './node.ts';
import type { Urgency } from './place.ts';

export interface WatchOptions {
  readonly node: UnitNode;
  readonly clock: Clock;
  readonly log: Log;
  readonly terminationLog: string | null;
  /** Whether the unit's log is on stderr. */
  readonly logs: boolean;
  /** @throws LastcallError if the state directory that was asked for cannot be used */
  disk(): Disk;
}

/** How late the watchdog may learn of a change that no hook waits for. */
const SOON_MS = 50;

export class WatchLink {
  readonly #options: WatchOptions;
  /** What to add to the unit's clock to get the one that both threads read. */
  readonly #zeroMs: number;
  #starting: Promise<void> | undefined;
  #watching = false;
  #deadlineAtMs: number | undefined;
  #later: (() => void) | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#zeroMs = systemMs() - options.clock.monotonicMs();
  }

  /** Settles when the watchdog watches. */
  start(): Promise<void> {
    return (this.#starting ??= this.#start());
  }

  async #start(): Promise<void> {
    const { node, log, terminationLog, logs } = this.#options;
    void watchdog.lost.then((error) => log('watchdog_lost', { error: messageOf(error) }));
    const online = watchdog.start();
    const { stateDir, process } = this.#place();
    const { instance } = node;
    watchdog.watch({ instance, stateDir, terminationLog, logs, process, zeroMs: this.#zeroMs });
    this.#watching = true;
    this.#send();
    if (this.#deadlineAtMs !== undefined) this.deadline(this.#deadlineAtMs);
    await online;
  }

  /** @param atMs by the unit's clock */
  deadline(atMs: number): void {
    this.#deadlineAtMs = atMs;
    if (this.#watching) watchdog.deadline(this.#options.node.instance, atMs + this.#zeroMs);
  }

  changed(urgency: Urgency): void {
    if (!this.#watching) return;
    if (urgency === 'now') this.#send();
    else this.#later ??= this.#options.clock.after(SOON_MS, () => this.#send());
  }

  /** The unit is over, and the process goes on for others. */
  forget(): void {
    this.#later?.();
    if (this.#watching) watchdog.forget(this.#options.node.instance);
    this.#watching = false;
  }

  #send(): void {
    this.#later?.();
    this.#later = undefined;
    const { node } = this.#options;
    if (this.#watching && node.phase !== 'ended') watchdog.update(node.instance, node.snapshot());
  }

  #place(): Pick<WatchedUnit, 'stateDir' | 'process'> {
    try {
      const disk = this.#options.disk();
      return { stateDir: disk.stateDir, process: disk.thisProcess() };
    } catch {
      // Whoever starts the unit is told by ready(); here it only means that nothing can be written.
      return { stateDir: null, process: null };
    }
  }
}
