// A simulated edge around one lifecycle reducer: it carries effects out in virtual time and in the real edge's order, with
// hooks that settle, fail, hang, block, ask for more time or ignore their abort, and with parts that are units of the same
// kind, put together as unit/part.ts does it.
import { LastcallError } from '../../../base/errors.ts';
import type { Random } from '../../../base/random.ts';
import { failureOf } from '../../../lifecycle/core/children.ts';
import { initialState } from '../../../lifecycle/core.ts';
import type { Effect, Step, UnitEvent } from '../../../lifecycle/core/events.ts';
import { leaseOfParentMs, leaseWithinMs } from '../../../lifecycle/core/extension.ts';
import type { UnitState } from '../../../lifecycle/core/types.ts';
import type { Kernel } from '../kernel.ts';
import type { HookBehaviour, HookPlan, UnitPlan } from './behaviour.ts';
import { UnitChecks } from './checks.ts';
import { chance, pick, spread } from './draw.ts';
import { checkEndOfPart, checkPartDeadline, checkParts } from './nesting-checks.ts';

export type StepFunction = (state: UnitState, event: UnitEvent) => Step;

/** `UnitEvent` without its time, which the kernel knows. */
type Happening = UnitEvent extends infer E ? (E extends UnitEvent ? Omit<E, 'atMs'> : never) : never;

/** What the units of one life share. */
export interface Life {
  readonly kernel: Kernel;
  readonly random: Random;
  readonly step: StepFunction;
  /** How much of the work is never settled, or not well. */
  readonly workLeft: number;
  /** Timers are late by up to this. */
  readonly timerLateMsMax: number;
}

export interface Parent {
  readonly unit: SimulatedUnit;
  /** The hook that stands for the part. */
  readonly hook: string;
}

export class SimulatedUnit {
  readonly checks: UnitChecks;
  readonly label: string;
  readonly parent: Parent | null;
  state: UnitState;
  /** The parent asked for this ending, rather than somebody who wanted only this part to stop. */
  endsWithParent = false;
  readonly #life: Life;
  readonly #behaviours = new Map<string, HookBehaviour>();
  readonly #children = new Map<string, SimulatedUnit>();
  readonly #settleCancels = new Map<string, () => void>();
  readonly #timers = new Map<string, () => void>();
  readonly #effects: Effect[] = [];
  #carrying = false;
  #items = 0;

  constructor(life: Life, label: string, plan: UnitPlan, parent: Parent | null) {
    this.#life = life;
    this.label = label;
    this.parent = parent;
    this.checks = new UnitChecks(label, life.timerLateMsMax);
    this.state = initialState(plan.config, life.kernel.nowMs);
    for (const hook of plan.hooks) this.addHook(hook);
    for (const { spec, plan: inside } of plan.children) {
      this.feed({ type: 'hookAdded', hook: spec });
      this.#children.set(
        spec.id,
        new SimulatedUnit(life, `${label}/${spec.name}`, inside, { unit: this, hook: spec.id }),
      );
    }
    if (plan.listening) this.feed({ type: 'listening' });
    life.kernel.after(plan.readyAfterMs, () => this.#ready());
  }

  get ended(): boolean {
    return this.state.phase === 'ended';
  }

  get hooks(): UnitState['hooks'] {
    return this.state.hooks;
  }

  /** This unit and all inside it. */
  *all(): Iterable<SimulatedUnit> {
    yield this;
    for (const child of this.#children.values()) yield* child.all();
  }

  children(): readonly SimulatedUnit[] {
    return [...this.#children.values()];
  }

  feed(happening: Happening): readonly Effect[] {
    const { kernel, step } = this.#life;
    const event = { ...happening, atMs: kernel.nowMs } as UnitEvent;
    const { state, effects } = step(this.state, event);
    const before = this.state.phase;
    this.state = state;
    if (before !== 'ended') checkParts(this);
    this.checks.after(event, state, effects, kernel.lagMs);
    this.#effects.push(...effects);
    if (!this.#carrying) this.#carryOutAll();
    return effects;
  }

  /** Adds a hook now, which the core refuses once its stage is over. */
  addHook({ spec, behaviour }: HookPlan): void {
    this.#behaviours.set(spec.id, behaviour);
    const over = this.state.stages.some((stage) => stage.name === spec.stage);
    try {
      this.feed({ type: 'hookAdded', hook: spec });
      this.checks.require(!over, `a hook of ${spec.stage}, which is over, was taken`);
    } catch (error) {
      if (!(error instanceof LastcallError && error.code === 'usage')) throw error;
      this.checks.require(over || this.ended, `a hook of ${spec.stage} was refused too early`);
    }
  }

  /** Offers one item, or a batch of them, that is finished, handed back or lost some time later, or never. */
  offerWork(): void {
    const { kernel, random, workLeft } = this.#life;
    const anonymous = chance(random, 0.3);
    const id = anonymous ? null : `item-${this.#items++}`;
    const count = anonymous ? random.below(100) : 1;
    const refused = this.feed({ type: 'workAccepted', id, count }).some((effect) => effect.type === 'refuseWork');
    if (refused || chance(random, workLeft / 5)) return;
    const as = chance(random, workLeft)
      ? pick(random, ['returned', 'returned', 'lost', 'unknown'] as const)
      : 'finished';
    kernel.after(spread(random, 10_000), () => this.feed({ type: 'workSettled', id, count, as }));
  }

  /** More time for a hook; whoever is around the unit has to allow it too. */
  lease(hook: string, ms: number): number {
    const neededMs = leaseOfParentMs(this.state, this.#life.kernel.nowMs, ms);
    const asks = neededMs > 0 && this.parent && this.endsWithParent;
    const givenMs = asks ? this.parent.unit.lease(this.parent.hook, neededMs) : neededMs;
    const allowedMs = givenMs < neededMs ? leaseWithinMs(this.state, givenMs) : ms;
    if (allowedMs <= 0 && ms > 0) return 0;
    const answer = this.feed({ type: 'extensionAsked', hook, ms: allowedMs }).find(
      (effect) => effect.type === 'answerExtension',
    );
    return answer?.grantedMs ?? 0;
  }

  /** A part that is over begins again in its place, if its parent still takes new work. */
  beginAgain(hook: string, plan: UnitPlan): void {
    const before = this.#children.get(hook);
    const spec = this.hooks.find((candidate) => candidate.id === hook);
    if (!before?.ended || !spec || this.state.phase !== 'ready') return;
    this.feed({ type: 'hookRemoved', hook });
    this.feed({ type: 'hookAdded', hook: spec });
    this.#children.set(hook, new SimulatedUnit(this.#life, `${before.label}'`, plan, { unit: this, hook }));
    this.feed({ type: 'partDown', hook });
  }

  #ready(): void {
    if (this.state.phase !== 'starting') return;
    this.feed({ type: 'ready' });
    this.parent?.unit.feed({ type: 'partUp', hook: this.parent.hook });
  }

  /** Asked by the parent, once to begin and then to be over sooner. */
  #endBy(budgetMs: number): void {
    this.endsWithParent = true;
    const { cause, mode } = this.parent!.unit.state.ending!;
    this.feed({ type: 'stopRequested', cause, deadlineMs: budgetMs, mode });
  }

  /** The parent is over: whatever is open is cut. */
  #endNow(): void {
    if (this.ended) return;
    this.feed({ type: 'stopRequested', cause: { kind: 'deadline' }, deadlineMs: 0, mode: 'suspend' });
    this.feed({ type: 'tick' });
  }

  #carryOutAll(): void {
    this.#carrying = true;
    for (let effect = this.#effects.shift(); effect; effect = this.#effects.shift()) this.#carryOut(effect);
    this.#carrying = false;
    for (const child of this.#children.values()) checkPartDeadline(child);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'startHook':
        return effect.kind === 'child'
          ? this.#children.get(effect.hook)!.#endBy(effect.budgetMs)
          : this.#startHook(effect.hook);
      case 'limitChild':
        return this.#children.get(effect.hook)!.#endBy(effect.budgetMs);
      case 'abortHook':
        if (effect.kind === 'hook') return this.#abort(effect.hook);
        this.#children.get(effect.hook)!.feed({ type: 'forced' });
        return;
      case 'setDeadline':
        if (!this.endsWithParent) this.parent?.unit.feed({ type: 'partDown', hook: this.parent.hook });
        return;
      case 'arm':
        return this.#arm(effect.timer, effect.atMs);
      case 'disarm':
        this.#timers.get(effect.timer)?.();
        this.#timers.delete(effect.timer);
        return;
      case 'writeReport':
        for (const child of this.#children.values()) child.#endNow();
        return;
      case 'exit':
        return this.#end();
      default:
        return;
    }
  }

  #end(): void {
    for (const cancel of this.#timers.values()) cancel();
    if (!this.parent) return;
    const { unit, hook } = this.parent;
    const failure = failureOf(this.state);
    const error = this.state.outcome!.outcome === 'failed' ? 'it failed' : (failure?.error ?? null);
    unit.feed({ type: 'hookSettled', hook, error, conditions: this.state.conditions, failure });
    checkEndOfPart(this);
  }

  #arm(timer: string, atMs: number): void {
    const { kernel, random, timerLateMsMax } = this.#life;
    this.#timers.get(timer)?.();
    const lateMs = timerLateMsMax === 0 ? 0 : spread(random, timerLateMsMax);
    this.#timers.set(
      timer,
      kernel.after(atMs - kernel.nowMs, () => this.feed({ type: 'tick' }), lateMs),
    );
  }

  #startHook(hook: string): void {
    const behaviour = this.#behaviours.get(hook)!;
    if (behaviour.blockMs > 0) this.#life.kernel.block(behaviour.blockMs);
    if (behaviour.settleMs !== null) this.#settleAfter(hook, behaviour.settleMs);
    if (behaviour.extend) this.#askAgain(hook, behaviour.extend.everyMs, behaviour.extend.askMs);
  }

  #settleAfter(hook: string, delayMs: number): void {
    const { fails, released } = this.#behaviours.get(hook)!;
    this.#settleCancels.get(hook)?.();
    const settle = () => {
      if (released) this.feed({ type: 'released', released });
      this.feed({ type: 'hookSettled', hook, error: fails ? 'it failed' : null, conditions: [] });
    };
    this.#settleCancels.set(hook, this.#life.kernel.after(delayMs, settle));
  }

  #abort(hook: string): void {
    const { afterAbortMs } = this.#behaviours.get(hook)!;
    if (afterAbortMs !== null) this.#settleAfter(hook, afterAbortMs);
  }

  #askAgain(hook: string, everyMs: number, askMs: number): void {
    this.#life.kernel.after(everyMs, () => {
      if (this.hooks.find((candidate) => candidate.id === hook)?.state !== 'running') return;
      this.lease(hook, askMs);
      this.#askAgain(hook, everyMs, askMs);
    });
  }
}
