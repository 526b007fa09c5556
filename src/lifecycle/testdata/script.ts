// A scripted unit for the core's tests: events at given times, armed timers that fire as ticks, and a list of what the
// core asked for. Time is a number that the script moves.
import { platformBudget, type Platform } from '../core/budget.ts';
import { initialState, step } from '../core.ts';
import type { Effect, LifecycleEvent, UnitEvent } from '../core/events.ts';
import type { HookSpec, StageName, UnitConfig, UnitState } from '../core/types.ts';

export function config(platform: Platform = { kind: 'none' }, change: Partial<UnitConfig> = {}): UnitConfig {
  return {
    graceMs: 75_000,
    graceSource: 'default',
    ...platformBudget(platform),
    announce: 'auto',
    announceCapMs: 5_000,
    drainCapMs: 60_000,
    persistReserveMs: 7_000,
    releaseReserveMs: 3_000,
    extensionMaxMs: { announce: 0, intake: 0, drain: 0, persist: 300_000, release: 0 },
    unfinishedWork: 'lost',
    ...change,
  };
}

export function hook(stage: StageName, name: string, change: Partial<HookSpec> = {}): HookSpec {
  return { id: name, name, stage, dependsOn: [], kind: 'hook', optional: false, ...change };
}

type Happening = UnitEvent extends infer E ? (E extends UnitEvent ? Omit<E, 'atMs'> : never) : never;

export class Script {
  state: UnitState;
  readonly effects: (Effect & { readonly at: number })[] = [];
  #atMs = 0;

  constructor(unitConfig: UnitConfig, hooks: readonly HookSpec[] = []) {
    this.state = initialState(unitConfig, 0);
    for (const spec of hooks) this.at(0, { type: 'hookAdded', hook: spec });
  }

  /** Lets time pass to `atMs`, firing timers on the way, then feeds the event. */
  at(atMs: number, happening: Happening): this {
    this.until(atMs);
    this.#feed({ ...happening, atMs } as UnitEvent);
    return this;
  }

  settle(atMs: number, name: string, error: string | null = null): this {
    return this.at(atMs, { type: 'hookSettled', hook: name, error, conditions: [] });
  }

  until(atMs: number): this {
    for (let due = this.#nextTimer(); due !== null && due <= atMs; due = this.#nextTimer()) {
      this.#feed({ type: 'tick', atMs: Math.max(due, this.#atMs) });
    }
    this.#atMs = atMs;
    return this;
  }

  events<Name extends LifecycleEvent['event']>(name: Name): Extract<LifecycleEvent, { event: Name }>[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'emit' && effect.event.event === name
        ? [effect.event as Extract<LifecycleEvent, { event: Name }>]
        : [],
    );
  }

  /** Times at which effects of a type (and, for hooks, of a name) were asked for. */
  timesOf(type: Effect['type'], name?: string): number[] {
    return this.effects
      .filter((effect) => effect.type === type && (name === undefined || ('hook' in effect && effect.hook === name)))
      .map((effect) => effect.at);
  }

  stage(name: StageName) {
    const record = this.state.stages.find((stage) => stage.name === name);
    if (!record) throw new Error(`stage ${name} is not over`);
    return record;
  }

  #nextTimer(): number | null {
    const times = Object.values(this.state.armed);
    return this.state.phase === 'stopping' && times.length > 0 ? Math.min(...times) : null;
  }

  #feed(event: UnitEvent): void {
    this.#atMs = event.atMs;
    const { state, effects } = step(this.state, event);
    this.state = state;
    for (const effect of effects) this.effects.push({ ...effect, at: event.atMs });
  }
}
