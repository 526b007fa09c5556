// Carries one unit's events into the core and the core's effects out, in order. The state moves at once, also for an
// event that arrives while effects run; its effects wait their turn. So answers that the core gives (a lease, a refusal)
// are there when `dispatch` returns, and effects never overtake each other.
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { unreachable } from '../../base/assert.ts';
import { initialState, step } from '../core.ts';
import type { Effect, LifecycleEvent, UnitEvent } from '../core/events.ts';
import type { Condition, TimerName, UnitConfig, UnitState } from '../core/types.ts';
import type { HookContext, HookFunction } from '../types.ts';
import { CUT_BY_EXIT, runAtExit } from './exit-hook.ts';

type WithoutTime<T> = T extends unknown ? Omit<T, 'atMs'> : never;
/** An event of the core; the executor adds the time. */
export type EventInput = WithoutTime<UnitEvent>;

/** What the executor cannot do itself: everything beyond hooks and timers. */
export interface ExecutorHost {
  /** Asks a child to end within the budget, or, if it is ending, within less than before. */
  endChild(hook: string, budgetMs: number): void;
  abortChild(hook: string): void;
  /** The deadline was set (an ending began) or moved. */
  deadlineMoved(atMs: number): void;
  tellPlatform(extendMs: number): void;
  /** Durable when it returns. */
  writeReport(): void;
  exit(code: number): void;
  kill(): void;
  emit(event: LifecycleEvent): void;
  /** Nothing more to carry out for now: the state may have changed, or (`work`) only the ledger. */
  settled(what: 'state' | 'work'): void;
  /** A function of the user's is about to run. */
  beforeHook(): void;
  /** The context that a hook gets. */
  contextOf(hook: string, signal: AbortSignal): HookContext;
}

export class Executor {
  readonly #clock: Clock;
  readonly #host: ExecutorHost;
  readonly #functions = new Map<string, HookFunction>();
  readonly #running = new Map<string, AbortController>();
  readonly #timers = new Map<TimerName, () => void>();
  readonly #effects: Effect[] = [];
  #state: UnitState;
  #draining = false;
  #synchronous = false;

  constructor(config: UnitConfig, clock: Clock, host: ExecutorHost) {
    this.#clock = clock;
    this.#host = host;
    this.#state = initialState(config, clock.monotonicMs());
  }

  get state(): UnitState {
    return this.#state;
  }

  /**
   * Adds a hook by `add`, which dispatches. The function is known before, since a stage that runs already starts it.
   * @throws what `add` throws; the function is then forgotten
   */
  provide(hook: string, run: HookFunction, add: () => void): void {
    const before = this.#functions.get(hook);
    this.#functions.set(hook, run);
    try {
      add();
    } catch (error) {
      if (before) this.#functions.set(hook, before);
      else this.#functions.delete(hook);
      throw error;
    }
  }

  /** @returns the effects of this event, for the answers among them; they are carried out in any case */
  dispatch(event: EventInput, atMs = this.#clock.monotonicMs()): readonly Effect[] {
    const { state, effects } = step(this.#state, { ...event, atMs });
    this.#state = state;
    if (effects.length === 0 && (event.type === 'workSettled' || event.type === 'workAccepted')) {
      this.#host.settled('work');
      return effects;
    }
    this.#effects.push(...effects);
    if (!this.#draining) this.#drain();
    return effects;
  }

  /** Milliseconds until the limit of the stage that runs, 0 if none does. */
  stageRemainingMs(): number {
    const { stage } = this.#state;
    return stage ? Math.max(0, stage.limitAtMs - this.#clock.monotonicMs()) : 0;
  }

  /** Aborts every running hook: nothing is waited for any more. */
  abortAll(reason: string): void {
    for (const controller of this.#running.values()) controller.abort(new Error(reason));
  }

  /**
   * From now on nothing is awaited, because the process is inside `process.exit()`: release hooks run as far as they
   * are synchronous, everything else that is asynchronous counts as not done.
   */
  becomeSynchronous(): void {
    this.#synchronous = true;
    // The exit may have been called from within an effect; the rest of them is carried out here.
    this.#draining = false;
    this.#drain();
    for (const hook of this.#running.keys()) this.#settle(hook, CUT_BY_EXIT);
  }

  #drain(): void {
    this.#draining = true;
    const errors: unknown[] = [];
    for (let effect = this.#effects.shift(); effect; effect = this.#effects.shift()) {
      try {
        this.#carryOut(effect);
      } catch (error) {
        // The effects that follow, down to the exit, do not depend on it; who dispatched hears of it afterwards.
        errors.push(error);
      }
    }
    this.#draining = false;
    this.#host.settled('state');
    if (errors.length > 0) throw errors[0];
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'startHook':
        return effect.kind === 'child' ? this.#host.endChild(effect.hook, effect.budgetMs) : this.#start(effect.hook);
      case 'limitChild':
        return this.#host.endChild(effect.hook, effect.budgetMs);
      case 'abortHook':
        return effect.kind === 'child' ? this.#host.abortChild(effect.hook) : this.#abort(effect.hook, effect.reason);
      case 'arm':
        return this.#arm(effect.timer, effect.atMs);
      case 'disarm':
        return this.#disarm(effect.timer);
      case 'setDeadline':
        return this.#host.deadlineMoved(effect.atMs);
      case 'tellPlatform':
        return this.#host.tellPlatform(effect.extendMs);
      case 'writeReport':
        return this.#host.writeReport();
      case 'emit':
        return this.#host.emit(effect.event);
      case 'exit':
        return this.#host.exit(effect.code);
      case 'kill':
        return this.#host.kill();
      // Readiness is read from the state; answers are taken by who dispatched; `stopRequested` aborts the start.
      case 'setReadiness':
      case 'answerExtension':
      case 'refuseWork':
      case 'abortStart':
        return;
      default:
        return unreachable(effect, 'unknown effect');
    }
  }

  #start(hook: string): void {
    const run = this.#functions.get(hook);
    if (!run) return this.#settle(hook, null);
    const controller = new AbortController();
    const context = this.#host.contextOf(hook, controller.signal);
    if (this.#synchronous) return this.#settle(hook, runAtExit(run, context));
    this.#running.set(hook, controller);
    // Not within this effect: what a hook does first must find a state that is at rest. One that was cut by then is not begun.
    void Promise.resolve()
      .then(() => {
        if (controller.signal.aborted) return undefined;
        this.#host.beforeHook();
        return run(context);
      })
      .then(
        () => this.#settle(hook, null),
        (error: unknown) => this.#settle(hook, messageOf(error)),
      );
  }

  #settle(hook: string, error: string | null, conditions: readonly Condition[] = []): void {
    this.#running.delete(hook);
    this.dispatch({ type: 'hookSettled', hook, error, conditions });
  }

  #abort(hook: string, reason: string): void {
    this.#running.get(hook)?.abort(new Error(reason));
  }

  #arm(timer: TimerName, atMs: number): void {
    this.#disarm(timer);
    const cancel = this.#clock.after(atMs - this.#clock.monotonicMs(), () => {
      this.#timers.delete(timer);
      // A timer may fire a little early by the monotonic clock, and would then be asked for never again.
      this.dispatch({ type: 'tick' }, Math.max(atMs, this.#clock.monotonicMs()));
    });
    this.#timers.set(timer, cancel);
  }

  #disarm(timer: TimerName): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }
}
