// A step in the making: the next state, written field by field, and the effects in the order they must happen.
// Lives only inside one call of `step`.
import type { Effect, LifecycleEvent, Step } from './events.ts';
import type { Condition, Hook, UnitState } from './types.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export class Draft {
  readonly state: Writable<UnitState>;
  readonly effects: Effect[] = [];
  /** Time of the event. */
  readonly atMs: number;

  constructor(state: UnitState, atMs: number) {
    this.state = { ...state };
    this.atMs = atMs;
  }

  push(effect: Effect): void {
    this.effects.push(effect);
  }

  emit(event: LifecycleEvent): void {
    this.effects.push({ type: 'emit', event });
  }

  condition(condition: Condition): void {
    if (!this.state.conditions.includes(condition)) this.state.conditions = [...this.state.conditions, condition];
  }

  updateHook(id: string, change: Partial<Pick<Hook, 'state' | 'down' | 'failure'>>): void {
    this.state.hooks = this.state.hooks.map((hook) => (hook.id === id ? { ...hook, ...change } : hook));
  }

  hook(id: string): Hook | undefined {
    return this.state.hooks.find((hook) => hook.id === id);
  }

  done(): Step {
    return { state: this.state, effects: this.effects };
  }
}
