// The lifecycle core: `step(state, event) → { state, effects }` for one unit. Everything that ends in this product ends
// through it (lifecycle.md). Pure: time arrives inside events, effects are data. Nested units are composed by the edge:
// a child is a hook of its parent's drain, and runs a reducer of its own.
//
// Invariants kept here: 1 (refuseWork after intake began), 2 (work.ts), 3 (stages in turn), 4 (advance reaches finish by
// the deadline), 8 (outcome.ts). The given state is used up by the call: its ledger moves to the next one.
import { LastcallError } from '../base/errors.ts';
import { unreachable } from '../base/assert.ts';
import { marginMs } from './core/budget.ts';
import { Draft } from './core/draft.ts';
import { beginEnding, force, killAll, shortenTo } from './core/ending.ts';
import { uniteConditions } from './core/children.ts';
import { askExtension } from './core/extension.ts';
import { addHook, isSettled } from './core/hooks.ts';
import { advance } from './core/stages.ts';
import type { Effect, Step, UnitEvent } from './core/events.ts';
import { STAGES, type CauseKind, type TimerName, type UnitConfig, type UnitState, type Hook } from './core/types.ts';
import { WorkLedger } from './core/work.ts';

/** Signals within this many milliseconds of the last counted one are the same one (npm delivers one Ctrl+C twice). */
export const SIGNAL_DEBOUNCE_MS = 500;

const NO_EFFECTS: readonly Effect[] = [];

export function initialState(config: UnitConfig, atMs: number): UnitState {
  return {
    config,
    phase: 'starting',
    startedAtMs: atMs,
    readyAtMs: null,
    hooks: [],
    listening: false,
    ending: null,
    stage: null,
    stages: [],
    signals: [],
    conditions: [],
    workEnd: null,
    failure: null,
    checkpoint: null,
    released: { proven: true, processes: { ended: 0, survivors: [] }, gpus: [], ports: [], quarantined: [] },
    outcome: null,
    armed: {},
    shownReady: false,
    available: true,
    work: new WorkLedger(),
  };
}

export function step(state: UnitState, event: UnitEvent): Step {
  // Accounting happens for every request: it touches the ledger only, unless an ending waits for it.
  if (event.type === 'workAccepted') return acceptWork(state, event);
  if (event.type === 'workSettled') {
    if (state.phase === 'ended') return { state, effects: NO_EFFECTS };
    state.work.settle(event.id, event.count, event.as);
    if (state.stage?.name !== 'drain' || state.work.inFlight > 0) return { state, effects: NO_EFFECTS };
  }
  if (state.phase === 'ended') return afterTheEnd(state, event);
  const draft = new Draft(state, event.atMs);
  apply(draft, event);
  advance(draft);
  showReadiness(draft);
  armTimers(draft);
  return draft.done();
}

function acceptWork(state: UnitState, event: UnitEvent & { type: 'workAccepted' }): Step {
  const intakeBegan = state.phase === 'ended' || (state.phase === 'stopping' && reached(state, 'intake'));
  if (intakeBegan) return { state, effects: [{ type: 'refuseWork', id: event.id, count: event.count }] };
  state.work.accept(event.id, event.count);
  return { state, effects: NO_EFFECTS };
}

/** Whether a stage has begun, or is over. */
function reached(state: UnitState, stage: (typeof STAGES)[number]): boolean {
  return state.stages.length + (state.stage ? 1 : 0) > STAGES.indexOf(stage);
}

/** What settles late is logged, and changes nothing. */
function afterTheEnd(state: UnitState, event: UnitEvent): Step {
  if (event.type === 'hookAdded') throw tooLate('the unit has ended', event.hook.name);
  if (event.type !== 'hookSettled') return { state, effects: NO_EFFECTS };
  const hook = state.hooks.find((candidate) => candidate.id === event.hook);
  if (!hook) return { state, effects: NO_EFFECTS };
  return { state, effects: [{ type: 'emit', event: { event: 'hook_late', hook: hook.name, stage: hook.stage } }] };
}

function apply(draft: Draft, event: UnitEvent): void {
  const { state } = draft;
  switch (event.type) {
    case 'hookAdded':
      if (state.phase === 'stopping' && state.stages.length > STAGES.indexOf(event.hook.stage)) {
        throw tooLate(`the stage ${event.hook.stage} is over`, event.hook.name);
      }
      // A part that starts now would be new work (invariant 1).
      if (state.phase === 'stopping' && event.hook.kind === 'child' && reached(state, 'intake')) {
        throw tooLate('the unit that this part belongs to is ending', event.hook.name);
      }
      state.hooks = addHook(state.hooks, event.hook);
      return;
    case 'hookRemoved':
      state.hooks = state.hooks.filter((hook) => hook.id !== event.hook);
      return;
    case 'partDown':
    case 'partUp':
      return draft.updateHook(event.hook, { down: event.type === 'partDown' });
    case 'listening':
      state.listening = true;
      return;
    case 'ready':
      if (state.phase !== 'starting') return;
      state.phase = 'ready';
      state.readyAtMs = draft.atMs;
      draft.emit({ event: 'ready' });
      return;
    case 'stopRequested':
      return requestStop(draft, event);
    case 'signal':
      return takeSignal(draft, event);
    case 'forced':
      return force(draft);
    case 'notice':
      return takeNotice(draft, event);
    case 'hookSettled':
      return settleHook(draft, event);
    case 'extensionAsked':
      return askExtension(draft, event.hook, event.ms);
    case 'checkpointed':
      state.checkpoint = event.checkpoint;
      return;
    case 'setAside':
      state.deadLetters = event.deadLetters;
      return;
    case 'released':
      state.released = event.released;
      return;
    case 'workEnded':
      state.workEnd ??= { code: event.code, asked: state.phase === 'stopping' };
      state.failure ??= event.error;
      if (state.phase !== 'stopping') begin(draft, event.code === 0 ? 'completed' : 'crash');
      return;
    case 'workKilled':
      return draft.condition('killed');
    case 'available':
      state.available = event.available;
      return;
    case 'fatal':
      return takeFatal(draft, event);
    case 'tick':
    case 'workSettled':
    case 'workAccepted':
      return;
    default:
      return unreachable(event, 'unknown event');
  }
}

function tooLate(what: string, hook: string): LastcallError {
  return new LastcallError('usage', { what, on: hook, todo: 'Add it before the ending, or a hook for a later stage.' });
}

function begin(draft: Draft, kind: CauseKind): void {
  beginEnding(draft, { cause: { kind }, mode: 'suspend', requestMs: null, outsideMs: null });
}

function requestStop(draft: Draft, event: UnitEvent & { type: 'stopRequested' }): void {
  const { state, atMs } = draft;
  if (state.phase !== 'stopping') {
    return beginEnding(draft, { cause: event.cause, mode: event.mode, requestMs: event.deadlineMs, outsideMs: null });
  }
  // Whoever asks again joins the ending that runs; a shorter deadline counts.
  if (event.deadlineMs !== null)
    shortenTo(draft, atMs + event.deadlineMs, 'option', 'a request with a shorter deadline');
}

function takeSignal(draft: Draft, event: UnitEvent & { type: 'signal' }): void {
  const { state, atMs } = draft;
  const countedBefore = state.signals.filter((signal) => signal.counted);
  const last = countedBefore.at(-1);
  const counted = last === undefined || atMs - last.absoluteMs > SIGNAL_DEBOUNCE_MS;
  draft.emit({ event: 'signal', signal: event.name, counted });
  if (state.phase !== 'stopping') {
    const cause = { kind: 'signal', signal: event.name } as const;
    beginEnding(draft, { cause, mode: 'suspend', requestMs: null, outsideMs: null });
  }
  const sinceMs = atMs - state.ending!.startedAtMs;
  if (counted || state.signals.length < SIGNALS_KEPT_MAX) {
    state.signals = [...state.signals, { signal: event.name, atMs: sinceMs, absoluteMs: atMs, counted }];
  }
  if (!counted) return;
  if (countedBefore.length === 1) force(draft);
  if (countedBefore.length >= 2) killAll(draft, 'signal');
}

/** A stuck terminal may send thousands; the counted ones (three at most matter) are always kept. */
const SIGNALS_KEPT_MAX = 100;

function takeNotice(draft: Draft, event: UnitEvent & { type: 'notice' }): void {
  const { state, atMs } = draft;
  const leftMs = Math.max(0, event.deadlineMs - marginMs(event.deadlineMs));
  if (state.phase === 'stopping') return shortenTo(draft, atMs + leftMs, 'notice', `notice of ${event.provider}`);
  const cause = { kind: 'preemption', provider: event.provider } as const;
  beginEnding(draft, { cause, mode: 'suspend', requestMs: null, outsideMs: leftMs });
}

function settleHook(draft: Draft, event: UnitEvent & { type: 'hookSettled' }): void {
  const { state } = draft;
  const hook = draft.hook(event.hook);
  if (!hook) return;
  if (hook.kind === 'child' && (hook.state === 'late' || hook.state === 'aborted'))
    return settleLateChild(draft, hook, event);
  // A child may end on its own before the parent's drain; any other hook settles only while it runs.
  if (isSettled(hook) || (hook.state === 'waiting' && hook.kind === 'hook')) {
    return draft.emit({ event: 'hook_late', hook: hook.name, stage: hook.stage });
  }
  draft.updateHook(hook.id, { state: event.error === null ? 'done' : 'failed' });
  // A part that ended alone, earlier, has a report of its own; its troubles are not this ending's. That it failed is.
  if (state.phase === 'stopping') uniteConditions(draft, event.conditions);
  else draft.updateHook(hook.id, { failure: event.failure ?? null });
  if (event.error === null) return;
  draft.emit({ event: 'hook_failed', hook: hook.name, stage: hook.stage, error: event.error });
  if (state.stage?.name === hook.stage) {
    state.stage = { ...state.stage, errors: [...state.stage.errors, `${hook.name}: ${event.error}`] };
  }
}

/** Drain is over without it, but what came of its persist and release counts. */
function settleLateChild(draft: Draft, hook: Hook, event: UnitEvent & { type: 'hookSettled' }): void {
  if (hook.state === 'aborted') draft.emit({ event: 'hook_late', hook: hook.name, stage: hook.stage });
  draft.updateHook(event.hook, { state: 'aborted' });
  uniteConditions(draft, event.conditions);
}

function takeFatal(draft: Draft, event: UnitEvent & { type: 'fatal' }): void {
  const { state } = draft;
  state.failure ??= event.error;
  if (event.condition) draft.condition(event.condition);
  else state.workEnd ??= { code: 1, asked: state.phase === 'stopping' };
  if (state.phase === 'stopping') return;
  if (event.condition === 'dependency') begin(draft, 'dependency');
  else begin(draft, event.condition === 'fenced' ? 'lease' : 'crash');
  state.ending = { ...state.ending!, failed: true };
}

/** Ready only while `ready` and able to work, and while no part that the unit needs is down. */
function showReadiness(draft: Draft): void {
  const { state } = draft;
  const ready = state.phase === 'ready' && state.available && !state.hooks.some((hook) => hook.down && !hook.optional);
  if (ready === state.shownReady) return;
  state.shownReady = ready;
  // First of all effects: from the first moment of announce, readiness is 503.
  draft.effects.unshift({ type: 'setReadiness', ready });
}

function armTimers(draft: Draft): void {
  const { state } = draft;
  const wanted: Partial<Record<TimerName, number>> = {};
  if (state.phase === 'stopping' && state.ending) {
    wanted.deadline = state.ending.deadlineAtMs;
    if (state.stage) wanted.stage = state.stage.limitAtMs;
    if (state.stage?.slowAtMs != null) wanted.slow = state.stage.slowAtMs;
  }
  for (const timer of ['slow', 'stage', 'deadline'] as const) {
    const atMs = wanted[timer];
    if (atMs === state.armed[timer]) continue;
    // A timer is disarmed before anything else, since `exit` is the last effect that there is.
    if (atMs === undefined) draft.effects.unshift({ type: 'disarm', timer });
    else draft.push({ type: 'arm', timer, atMs });
  }
  state.armed = wanted;
}
