// Keeps the watchdog informed of one root unit: what it is, the state of each unit in it that changed as soon as that
// matters, and its deadline.
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

/** How late the watchdog may learn of a change while nothing ends. */
const SOON_MS = 50;
/** When telling took this long in sum (hundreds of parts), it may take only a share of the time since it began. */
const TELLING_MS = 100;
const TELLING_SHARE = 0.1;

export class WatchLink {
  readonly #options: WatchOptions;
  /** What to add to the unit's clock to get the one that both threads read. */
  readonly #zeroMs: number;
  /** Units that changed since the watchdog was told. */
  readonly #changed = new Set<UnitNode>();
  #starting: Promise<void> | undefined;
  #watching = false;
  #deadlineAtMs: number | undefined;
  #soon: (() => void) | undefined;
  #now: NodeJS.Immediate | undefined;
  /** How long telling took in sum, since when. */
  #toldMs = 0;
  #toldSinceMs: number | undefined;

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
    for (const unit of [node, ...node.parts.tree()]) this.#changed.add(unit);
    this.#tell();
    if (this.#deadlineAtMs !== undefined) this.deadline(this.#deadlineAtMs);
    await online;
  }

  /** @param atMs by the unit's clock */
  deadline(atMs: number): void {
    this.#deadlineAtMs = atMs;
    if (this.#watching) watchdog.deadline(this.#options.node.instance, atMs + this.#zeroMs);
  }

  /** Changes of one turn of the event loop are told together, or before something of the user's runs. */
  changed(unit: UnitNode, urgency: Urgency): void {
    if (!this.#watching) return;
    this.#changed.add(unit);
    if (urgency === 'now') this.#now ??= setImmediate(() => this.#tell());
    else this.#soon ??= this.#options.clock.after(SOON_MS, () => this.#tell());
  }

  /** The watchdog knows all when this returns, or a little later where that would take too much of the ending. */
  beforeHook(): void {
    const beganAtMs = systemMs();
    this.#toldSinceMs ??= beganAtMs;
    if (this.#toldMs > Math.max(TELLING_MS, (beganAtMs - this.#toldSinceMs) * TELLING_SHARE)) return;
    this.#tell();
    this.#toldMs += systemMs() - beganAtMs;
  }

  #tell(): void {
    if (this.#changed.size === 0) return;
    this.#forgetTimers();
    const { node, log } = this.#options;
    try {
      if (!node.reportClaimed) {
        const snapshots = [...this.#changed].map((unit) => [unit.instance, unit.snapshot()] as const);
        watchdog.update(node.instance, snapshots);
      }
    } catch (error) {
      // What cannot be sent to another thread; the one that is there still knows the deadline.
      log('watchdog_not_told', { error: messageOf(error) });
    }
    this.#changed.clear();
  }

  /** The unit is over, and the process goes on for others. */
  forget(): void {
    this.#forgetTimers();
    this.#changed.clear();
    if (this.#watching) watchdog.forget(this.#options.node.instance);
    this.#watching = false;
  }

  #forgetTimers(): void {
    this.#soon?.();
    this.#soon = undefined;
    clearImmediate(this.#now);
    this.#now = undefined;
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
