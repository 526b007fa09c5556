// Planted bugs: wrong cores that the simulator must catch. A harness that finds none of them proves nothing.
import { step } from '../../../lifecycle/core.ts';
import type { StepFunction } from './unit.ts';

export const PLANTED: Readonly<Record<string, StepFunction>> = {
  /** A notice with more time than is left gives time back. */
  'notice-lengthens': (state, event) => {
    const result = step(state, event);
    if (event.type !== 'notice' || !result.state.ending) return result;
    const deadlineAtMs = event.atMs + event.deadlineMs;
    return {
      state: { ...result.state, ending: { ...result.state.ending, deadlineAtMs } },
      effects: [...result.effects, { type: 'setDeadline', atMs: deadlineAtMs }],
    };
  },
  /** Work that comes during intake is taken. */
  'intake-leaks': (state, event) => {
    if (event.type !== 'workAccepted' || state.stage?.name !== 'drain') return step(state, event);
    state.work.accept(event.id, event.count);
    return { state, effects: [] };
  },
  /** Release begins while a persist hook hangs. */
  'release-too-early': (state, event) => {
    const stage = state.stage;
    if (stage?.name !== 'persist' || event.type !== 'tick') return step(state, event);
    const releaseHook = state.hooks.find((hook) => hook.stage === 'release' && hook.state === 'waiting');
    if (!releaseHook) return step(state, event);
    return { state, effects: [{ type: 'startHook', hook: releaseHook.id, kind: 'hook', budgetMs: 0 }] };
  },
  /** Parts do not hear of a deadline that came nearer. */
  'parts-not-told': (state, event) => {
    const result = step(state, event);
    return { ...result, effects: result.effects.filter((effect) => effect.type !== 'limitChild') };
  },
  /** What a part lost is not known to its parent. */
  'parts-forgotten': (state, event) =>
    event.type === 'hookSettled' ? step(state, { ...event, conditions: [] }) : step(state, event),
  /** A part that fails by itself costs nothing. */
  'failure-forgotten': (state, event) =>
    event.type === 'hookSettled' && state.phase === 'ready'
      ? step(state, { ...event, failure: null, conditions: [] })
      : step(state, event),
  /** Persist may be extended for ever. */
  'endless-lease': (state, event) => {
    if (event.type !== 'extensionAsked' || !state.ending) return step(state, event);
    return step({ ...state, ending: { ...state.ending, extendedByStage: {} } }, event);
  },
  /** What could not be saved is not told. */
  'success-claimed': (state, event) => {
    const conditions = state.conditions.filter((condition) => condition !== 'persist_failed');
    return step({ ...state, conditions }, event);
  },
  /** The timer of the deadline is never armed. */
  'deadline-forgotten': (state, event) => {
    const result = step(state, event);
    return { ...result, effects: result.effects.filter((effect) => effect.type !== 'arm' || effect.timer === 'slow') };
  },
};
