// A simulated edge around one lifecycle reducer: it carries effects out in virtual time, with hooks that settle, fail,
// hang, ask for more time or ignore their abort, and with children that are units of the same kind.
import type { Random } from '../../../base/random.ts';
import { initialState } from '../../../lifecycle/core.ts';
import type { Effect, Step, UnitEvent } from '../../../lifecycle/core/events.ts';
import type { UnitState } from '../../../lifecycle/core/types.ts';
import type { Kernel } from '../kernel.ts';
import { spread, type HookBehaviour, type UnitPlan } from './behaviour.ts';
import { UnitChecks } from './checks.ts';

export type StepFunction = (state: UnitState, event: UnitEvent) => Step;

/** `UnitEvent` without its time, which the kernel knows. */
type Happening = UnitEvent extends infer E ? (E extends UnitEvent ? Omit<E, 'atMs'> : never) : never;

export class SimulatedUnit {
  readonly checks: UnitChecks;
  state: UnitState;
  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #step: StepFunction;
  readonly #behaviours: ReadonlyMap<string, HookBehaviour>;
  readonly #children = new Map<string, SimulatedUnit>();
  readonly #settleCancels = new Map<string, () => void>();
  readonly #timers = new Map<string, () => void>();
  readonly #onEnd: (unit: SimulatedUnit) => void;
  #items = 0;

  constructor(
    kernel: Kernel,
    random: Random,
    step: StepFunction,
    label: string,
    plan: UnitPlan,
    onEnd: (unit: SimulatedUnit) => void,
  ) {
    this.#kernel = kernel;
    this.#random = random;
    this.#step = step;
    this.#onEnd = onEnd;
    this.checks = new UnitChecks(label);
    this.state = initialState(plan.config, kernel.nowMs);
    this.#behaviours = new Map(plan.hooks.map(({ spec, behaviour }) => [spec.id, behaviour]));
    for (const { spec } of plan.hooks) this.feed({ type: 'hookAdded', hook: spec });
    for (const { spec, plan: childPlan } of plan.children) {
      this.feed({ type: 'hookAdded', hook: spec });
      const child = new SimulatedUnit(kernel, random, step, `${label}/${spec.name}`, childPlan, (ended) => {
        this.feed({ type: 'hookSettled', hook: spec.id, error: null, conditions: ended.state.conditions });
      });
      this.#children.set(spec.id, child);
    }
    if (plan.listening) this.feed({ type: 'listening' });
    kernel.after(plan.readyAfterMs, () => this.feed({ type: 'ready' }));
  }

  /** This unit and all inside it. */
  *all(): Iterable<SimulatedUnit> {
    yield this;
    for (const child of this.#children.values()) yield* child.all();
  }

  feed(happening: Happening): void {
    const event = { ...happening, atMs: this.#kernel.nowMs } as UnitEvent;
    const { state, effects } = this.#step(this.state, event);
    this.state = state;
    this.checks.after(event, state, effects);
    for (const effect of effects) this.#carryOut(effect);
  }

  /** Offers one item, or a batch of them, that is finished, handed back or lost some time later, or never. */
  offerWork(): void {
    const anonymous = this.#random.next() < 0.3;
    const id = anonymous ? null : `item-${this.#items++}`;
    const count = anonymous ? this.#random.below(100) : 1;
    const acceptedBefore = this.state.work.counts.accepted;
    this.feed({ type: 'workAccepted', id, count });
    if (this.state.work.counts.accepted === acceptedBefore || this.#random.next() < 0.02) return;
    const as = (['finished', 'finished', 'finished', 'returned', 'lost', 'unknown'] as const)[this.#random.below(6)]!;
    this.#kernel.after(spread(this.#random, 10_000), () => this.feed({ type: 'workSettled', id, count, as }));
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'startHook':
        return effect.kind === 'child' ? this.#startChild(effect.hook, effect.budgetMs) : this.#startHook(effect.hook);
      case 'abortHook':
        return effect.kind === 'child'
          ? this.#children.get(effect.hook)!.feed({ type: 'forced' })
          : this.#abort(effect.hook);
      case 'arm':
        this.#timers.get(effect.timer)?.();
        // Timers of a real machine are late, never early.
        this.#timers.set(
          effect.timer,
          this.#kernel.after(effect.atMs - this.#kernel.nowMs, () => this.feed({ type: 'tick' })),
        );
        return;
      case 'disarm':
        this.#timers.get(effect.timer)?.();
        this.#timers.delete(effect.timer);
        return;
      case 'exit':
        for (const cancel of this.#timers.values()) cancel();
        return this.#onEnd(this);
      default:
        return;
    }
  }

  #startChild(hook: string, budgetMs: number): void {
    const child = this.#children.get(hook)!;
    child.feed({ type: 'stopRequested', cause: { kind: 'api' }, deadlineMs: budgetMs, mode: 'suspend' });
  }

  #startHook(hook: string): void {
    const behaviour = this.#behaviours.get(hook)!;
    if (behaviour.settleMs !== null) this.#settleAfter(hook, behaviour.settleMs, behaviour.fails);
    if (behaviour.extend) this.#askAgain(hook, behaviour.extend.everyMs, behaviour.extend.askMs);
  }

  #settleAfter(hook: string, delayMs: number, fails: boolean): void {
    this.#settleCancels.get(hook)?.();
    const settle = () => this.feed({ type: 'hookSettled', hook, error: fails ? 'it failed' : null, conditions: [] });
    this.#settleCancels.set(hook, this.#kernel.after(delayMs, settle));
  }

  #abort(hook: string): void {
    const { afterAbortMs, fails } = this.#behaviours.get(hook)!;
    if (afterAbortMs !== null) this.#settleAfter(hook, afterAbortMs, fails);
  }

  #askAgain(hook: string, everyMs: number, askMs: number): void {
    this.#kernel.after(everyMs, () => {
      if (this.state.hooks.find((candidate) => candidate.id === hook)?.state !== 'running') return;
      this.feed({ type: 'extensionAsked', hook, ms: askMs });
      this.#askAgain(hook, everyMs, askMs);
    });
  }
}
