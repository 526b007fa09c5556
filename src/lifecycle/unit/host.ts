// What the core decides for one unit, carried out beyond hooks and timers: parts are asked to end, listeners are told,
// the report is built, and the unit's place (the process, or a parent) does the rest.
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { leaseOfParentMs, leaseWithinMs } from '../core/extension.ts';
import type { LifecycleEvent } from '../core/events.ts';
import type { UnitConfig } from '../core/types.ts';
import { buildReport, type Report, type UnitIdentity } from '../report.ts';
import type { HookContext } from '../types.ts';
import type { UnitViewEvent } from '../view.ts';
import { Executor, type ExecutorHost } from './executor.ts';
import type { UnitNode } from './node.ts';
import { Parts } from './parts.ts';
import type { Place } from './place.ts';

/** All that a unit is made of, resolved. */
export interface UnitMakings {
  readonly identity: UnitIdentity;
  readonly workOf: string;
  readonly config: UnitConfig;
  readonly clock: Clock;
  readonly place: Place;
}

export class UnitHost implements ExecutorHost {
  readonly executor: Executor;
  readonly parts: Parts;
  readonly stop = new AbortController();
  readonly over = Promise.withResolvers<Report>();
  readonly #made: UnitMakings;
  readonly #node: UnitNode;
  readonly #listeners = new Set<(event: UnitViewEvent) => void>();
  #keepAlive: NodeJS.Timeout | undefined;
  #report: Report | undefined;

  constructor(made: UnitMakings, node: UnitNode) {
    this.#made = made;
    this.#node = node;
    this.executor = new Executor(made.config, made.clock, this);
    this.parts = new Parts(this.executor);
  }

  /** Wall-clock milliseconds at monotonic 0. */
  get wallAtZeroMs(): number {
    return this.#made.clock.wallMs() - this.#made.clock.monotonicMs();
  }

  on(listener: (event: UnitViewEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells the listeners of this unit and of those around it. */
  relay(event: UnitViewEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.log('listener_failed', { error: messageOf(error) });
      }
    }
    this.#made.place.relay(event);
  }

  log(event: string, fields: Readonly<Record<string, unknown>>): void {
    const { name, instance } = this.#made.identity;
    this.#made.place.log(event, { unit: name, instance, ...fields });
  }

  /** The report, once the unit has ended. Parts that have not are cut now. */
  report(): Report {
    this.#report ??= buildReport(this.executor.state, {
      identity: this.#made.identity,
      workOf: this.#made.workOf,
      wallAtZeroMs: this.wallAtZeroMs,
      parts: this.parts.finalReports(),
    });
    return this.#report;
  }

  /** A lease for a running hook; whoever is around the unit has to allow it too. */
  extend(hook: string, ms: number): { readonly grantedMs: number; readonly reason: string | null } {
    const { state } = this.executor;
    const neededMs = leaseOfParentMs(state, this.#made.clock.monotonicMs(), ms);
    const givenMs = neededMs > 0 ? this.#made.place.allowExtension(neededMs) : neededMs;
    const allowedMs = givenMs < neededMs ? leaseWithinMs(state, givenMs) : ms;
    if (allowedMs <= 0 && ms > 0) return { grantedMs: 0, reason: 'the enclosing unit does not allow it' };
    const effects = this.executor.dispatch({ type: 'extensionAsked', hook, ms: allowedMs });
    const answer = effects.find((effect) => effect.type === 'answerExtension');
    return { grantedMs: answer?.grantedMs ?? 0, reason: answer?.reason ?? null };
  }

  endChild(hook: string, budgetMs: number): void {
    this.parts.byHook(hook)?.endBy(budgetMs);
  }

  abortChild(hook: string): void {
    this.parts.byHook(hook)?.dispatch({ type: 'forced' });
  }

  deadlineMoved(atMs: number): void {
    const { place, identity } = this.#made;
    if (!this.stop.signal.aborted) {
      // While stopping the process lives: a drain that waits for what nobody will do must reach its deadline.
      this.#keepAlive = setInterval(() => {}, 2 ** 30);
      place.stopping();
      place.deadlineMoved(atMs);
      // Whoever waits for the stop, or listens, runs within this call, and what it was about is known before.
      if (this.#isAwaited() || this.#listeners.size > 0) {
        place.changed(this.#node, 'now');
        place.beforeHook();
      }
      this.stop.abort(new Error(`${identity.name} is stopping`));
    } else place.deadlineMoved(atMs);
  }

  #isAwaited(): boolean {
    return process.getBuiltinModule('node:events').getEventListeners(this.stop.signal, 'abort').length > 0;
  }

  tellPlatform(extendMs: number): void {
    this.#made.place.tellPlatform(extendMs);
  }

  writeReport(): void {
    this.#made.place.writeReport(this.report());
  }

  exit(): void {
    const { place } = this.#made;
    const report = this.report();
    place.exit(report);
    this.over.resolve(report);
    void place.left.then(() => clearInterval(this.#keepAlive));
  }

  kill(): void {
    this.executor.abortAll('killed');
    this.#made.place.kill();
  }

  emit(event: LifecycleEvent): void {
    const { name, instance } = this.#made.identity;
    this.relay({ ...event, unit: name, instance });
  }

  settled(what: 'state' | 'work'): void {
    const ending = this.executor.state.phase === 'stopping' || this.executor.state.phase === 'ended';
    this.#made.place.changed(this.#node, what === 'state' && ending ? 'now' : 'soon');
  }

  beforeHook(): void {
    this.#made.place.beforeHook();
  }

  contextOf(hook: string, signal: AbortSignal): HookContext {
    const { ending, stage } = this.executor.state;
    return {
      signal,
      stage: stage?.name ?? 'release',
      cause: ending?.cause ?? { kind: 'unknown' },
      mode: ending?.mode ?? 'suspend',
      remainingMs: () => this.executor.stageRemainingMs(),
      extend: (ms) => this.extend(hook, ms).grantedMs,
    };
  }
}
