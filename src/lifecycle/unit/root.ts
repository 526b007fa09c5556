// The place of a root unit: a process. Around it stand its services, the watchdog, systemd where there is one, and the
// owner of the process, which takes the last root's exit code out with it.
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { SignalName } from '../core/types.ts';
import { createLog } from '../log.ts';
import { FLUSH_MS_MIN, type OwnedRoot, processOwner } from '../process/owner.ts';
import type { Report, UnitIdentity } from '../report.ts';
import { reportPath } from '../report-file.ts';
import { createNotifier, type Notifier, watchdogIntervalMs } from '../systemd.ts';
import type { Log, UnitViewEvent } from '../view.ts';
import type { Disk } from './disk.ts';
import type { UnitNode } from './node.ts';
import type { Environment, RootSettings } from './options.ts';
import type { Place, Urgency } from './place.ts';
import { rehearse } from './rehearsal.ts';
import { Services } from './services.ts';
import { WatchLink } from './watch-link.ts';

export interface RootOptions {
  readonly identity: UnitIdentity;
  readonly settings: RootSettings;
  readonly environment: Environment;
  /** Kubernetes' file for a container's last words, or null. */
  readonly terminationLog: string | null;
  readonly clock: Clock;
}

/** Whoever takes reports does so within this time, or does not get this one. */
const DELIVERY_MS_MAX = 10_000;

/** What is built around a node once it is there. */
interface Around {
  readonly node: UnitNode;
  readonly services: Services;
}

export class RootPlace implements Place, OwnedRoot {
  readonly log: Log;
  readonly #options: RootOptions;
  readonly #notifier: Notifier | null;
  readonly #left = Promise.withResolvers<void>();
  #entered: Around | undefined;
  /** Once it was started, where the process is ours to kill. */
  #watch: WatchLink | undefined;
  readonly #hurried = Promise.withResolvers<void>();
  #deadlineAtMs = Infinity;
  /** Set where an error after the end made a failure of a success. */
  #exitCode: number | undefined;

  constructor(options: RootOptions) {
    this.#options = options;
    const { identity, settings, environment } = options;
    this.log = createLog({ unit: identity.name, instance: identity.instance, sink: settings.sink });
    this.#notifier = settings.ownsProcess ? createNotifier(environment, this.log) : null;
  }

  get left(): Promise<void> {
    return this.#left.promise;
  }

  get control(): Promise<string | null> {
    return this.#around.services.control;
  }

  get #around(): Around {
    return this.#entered!;
  }

  /** null if the state directory that was asked for cannot be used: `ready()` has said so, or would have. */
  get #disk(): Disk | null {
    try {
      return this.#around.services.disk;
    } catch (error) {
      this.log('report_unwritten', { error: messageOf(error) });
      return null;
    }
  }

  enter(node: UnitNode): void {
    const { settings, environment, clock, terminationLog } = this.#options;
    const { log } = this;
    const services = new Services({ node, settings, environment, clock, log, terminationLog });
    this.#entered = { node, services };
    if (settings.ownsProcess) processOwner.add(this);
    log('starting', { kind: node.kind, pid: process.pid });
  }

  async prepare(): Promise<void> {
    // What is waited for does not keep the process alive, and the program may have nothing else going on yet.
    const keepAlive = setInterval(() => {}, 2 ** 30);
    try {
      await this.#around.services.started;
      const { settings, identity, clock } = this.#options;
      // While the watchdog's thread starts, there is time for it.
      await Promise.all([this.#startWatch(), rehearse(identity, settings.config, clock)]);
    } finally {
      clearInterval(keepAlive);
    }
  }

  becameReady(): void {
    this.#notifier?.notify('READY=1');
    const intervalMs = watchdogIntervalMs(this.#options.environment, process.pid);
    if (this.#notifier && intervalMs) setInterval(() => this.#notifier?.notify('WATCHDOG=1'), intervalMs).unref();
  }

  stopping(): void {
    this.#notifier?.notify('STOPPING=1');
    // A unit that ends before it was ready has no watchdog yet; one that is over at once needs none.
    setImmediate(() => {
      if (this.#around.node.phase !== 'ended') this.#startWatch().catch(() => undefined);
    });
  }

  /** Settles when the watchdog watches. */
  async #startWatch(): Promise<void> {
    if (!this.#options.settings.ownsProcess) return;
    this.#watch ??= this.#makeWatch();
    await this.#watch.start();
  }

  #makeWatch(): WatchLink {
    const { settings, clock, terminationLog } = this.#options;
    const { node, services } = this.#around;
    const logs = settings.sink === undefined;
    const disk = () => services.disk;
    const watch = new WatchLink({ node, clock, log: this.log, terminationLog, logs, disk });
    if (this.#deadlineAtMs !== Infinity) watch.deadline(this.#deadlineAtMs);
    return watch;
  }

  deadlineMoved(atMs: number): void {
    this.#deadlineAtMs = atMs;
    this.#watch?.deadline(atMs);
  }

  endBy(): void {}

  allowExtension(ms: number): number {
    return ms;
  }

  tellPlatform(extendMs: number): void {
    this.#notifier?.notify(`EXTEND_TIMEOUT_USEC=${Math.round(extendMs * 1_000)}`);
  }

  relay({ event, ...fields }: UnitViewEvent): void {
    this.#tellStatus({ event, ...fields } as UnitViewEvent);
    // The report is part of the last line of its unit.
    const { node } = this.#around;
    const own = event === 'ended' && fields.instance === node.instance;
    this.log(event, own ? { ...fields, report: node.report() } : fields);
  }

  /** `systemctl status` shows it. */
  #tellStatus(event: UnitViewEvent): void {
    if (!this.#notifier || event.instance !== this.#options.identity.instance) return;
    if (event.event === 'ready') this.#notifier.notify('STATUS=ready');
    if (event.event === 'stage_started' && event.capMs > 0) this.#notifier.notify(`STATUS=ending: ${event.stage}`);
    if (event.event === 'stuck') this.#notifier.notify(`STATUS=ending: stuck in ${event.stage}`);
  }

  writeReport(report: Report): void {
    // Without the claim the watchdog found the deadline passed: it writes this report, and is about to kill the process.
    if (this.#around.node.claimReport()) this.#disk?.writeReport(report);
  }

  exit(report: Report): void {
    void this.#leave(report);
  }

  kill(): void {
    // From now on only the exit is left to do; if even that hangs, the watchdog ends it.
    this.deadlineMoved(this.#options.clock.monotonicMs());
  }

  changed(unit: UnitNode, urgency: Urgency): void {
    this.#watch?.changed(unit, urgency);
  }

  beforeHook(): void {
    // What runs next may block the event loop before the watchdog of a unit that was never ready is started otherwise.
    if (!this.#watch) this.#startWatch().catch(() => undefined);
    this.#watch?.beforeHook();
  }

  async #leave(report: Report): Promise<void> {
    const { services } = this.#around;
    // Who waits for the end through the control socket gets the answer before the socket closes.
    await new Promise(setImmediate);
    const boundMs = Math.max(FLUSH_MS_MIN, this.#deadlineAtMs - this.#options.clock.monotonicMs());
    const disk = this.#disk;
    const forgotten = disk?.forgetRunningSoon(report.unit.instance) ?? Promise.resolve();
    const delivered = disk?.deliver(report, Math.min(boundMs, DELIVERY_MS_MAX)) ?? Promise.resolve();
    let isDelivering = true;
    void delivered.then(() => (isDelivering = false));
    const told = this.#tellReported(report, Math.min(boundMs, DELIVERY_MS_MAX));
    await Promise.race([within(boundMs, [services.close(), delivered, told, forgotten]), this.#hurried.promise]);
    if (isDelivering) this.log('report_undelivered', { error: 'there was no time left for it' });
    this.#left.resolve();
    if (this.#options.settings.ownsProcess) {
      processOwner.left(this, this.#exitCode ?? report.exitCode, this.#deadlineAtMs);
    }
  }

  async #tellReported(report: Report, remainingMs: number): Promise<void> {
    const { stateDir } = this.#disk ?? { stateDir: null };
    const path = stateDir === null ? null : reportPath(stateDir, report.unit.instance);
    for (const hook of this.#around.node.reportedHooks) {
      try {
        await hook(report, path, remainingMs);
      } catch (error) {
        this.log('reported_hook_failed', { error: messageOf(error) });
      }
    }
  }

  // As the owner of the process asks for it.

  get over(): boolean {
    return this.#around.node.phase === 'ended';
  }

  hurry(): void {
    this.#hurried.resolve();
  }

  stayBehind(): void {
    this.#watch?.forget();
  }

  isStop(error: unknown): boolean {
    const { node } = this.#around;
    const interrupted = [node, ...node.parts.tree()].some((unit) => unit.isStop(error));
    if (interrupted) this.log('interrupted', { error: messageOf(error) });
    return interrupted;
  }

  signal(name: SignalName): void {
    this.#around.node.dispatch({ type: 'signal', name });
  }

  hangUp(): boolean {
    const { reload } = this.#options.settings;
    if (reload === null) return false;
    this.log('reload', {});
    reload();
    return true;
  }

  fatal(error: unknown): void {
    const { node } = this.#around;
    const stack = error instanceof Error ? error.stack : undefined;
    this.log('fatal', { error: messageOf(error), stack });
    if (node.phase === 'ended') this.#amend(node.report(), messageOf(error));
    else void node.fail(error);
  }

  fail(error: unknown): void {
    void this.#around.node.fail(error);
  }

  /** An error came out of the program after its unit had ended well: the report must not call that a success. */
  #amend(report: Report, error: string): void {
    if (report.exitCode !== 0) return;
    this.#exitCode = 1;
    const failed = { outcome: 'failed', exitCode: 1, exitCodeFrom: 'work', workExitCode: 1, error } as const;
    this.#disk?.writeReport({ ...report, ...failed });
  }

  ranEmpty(code: number): void {
    const { node } = this.#around;
    if (node.phase === 'ready') void node.complete(code);
    if (node.phase === 'starting') void node.fail(new Error('nothing was left to happen before ready() was called'));
  }

  endSynchronously(code: number): number {
    const { node } = this.#around;
    if (node.phase !== 'ended') {
      node.endSynchronously(code);
      this.#disk?.forgetRunning(node.instance);
    }
    return node.report().exitCode;
  }
}

/** Settles when all have, or the time is up. */
async function within(boundMs: number, all: readonly Promise<unknown>[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(boundMs, 2 ** 31 - 1));
  void Promise.allSettled(all).then(() => resolve());
  await promise;
  clearTimeout(timer);
}
