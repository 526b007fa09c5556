// A run as a unit of the lifecycle core: its processes are a hook of drain, with the job's grace as cap, and the proof that
// everything came back is a hook of release. What has happened to it is kept as a list, from which the same unit is made
// again after a restart; so an ending goes on where it was.
import { initialState, step } from '../../lifecycle/core.ts';
import { reserveBeyondMs } from '../../lifecycle/core/budget.ts';
import type { UnitEvent } from '../../lifecycle/core/events.ts';
import type { CauseKind, UnitConfig, UnitState } from '../../lifecycle/core/types.ts';
import type { Job, Run, RunHappening } from './types.ts';

/** What the lifecycle wants done about the run now. */
export type Wish =
  /** Ask the processes to end. */
  | 'signal'
  /** Kill whatever is left of them, and prove that everything came back. */
  | 'prove'
  /** It is over, and its report can be built. */
  | 'over';

const PROCESSES = 'processes';
const PROOF = 'proof';
/** Kept of one run: far more than an ending can have. */
const HAPPENINGS_MAX = 200;

export interface Unit {
  state: UnitState;
  /** When it wants to be woken; null = not. */
  wakeAtMs: number | null;
}

export function unitOf(job: Job, run: Run, releaseMs: number): Unit {
  const unit: Unit = { state: initialState(configOf(graceOf(job, run), releaseMs), run.reservedAtMs), wakeAtMs: null };
  for (const [name, stage] of [
    [PROCESSES, 'drain'],
    [PROOF, 'release'],
  ] as const) {
    const hook = { id: name, name, stage, dependsOn: [], kind: 'hook', optional: false } as const;
    feed(unit, { type: 'hookAdded', hook, atMs: run.reservedAtMs });
  }
  for (const happening of run.happenings) replay(unit, job, run, happening, releaseMs);
  return unit;
}

/** Books what happened and returns what is to be done. */
export function happen(unit: Unit, job: Job, run: Run, happening: RunHappening, releaseMs: number): readonly Wish[] {
  if (run.happenings.length < HAPPENINGS_MAX) run.happenings.push(happening);
  return replay(unit, job, run, happening, releaseMs);
}

/** Milliseconds that the proof may take from now. */
export function proofMs(unit: Unit, atMs: number): number {
  const deadlineAtMs = unit.state.ending?.deadlineAtMs ?? atMs;
  // An answer has to be here before the deadline cuts it.
  return Math.max(0, (deadlineAtMs - atMs) * 0.9);
}

/** In which of the two it is, so that a restart asks again for what was not done. */
export function openWish(unit: Unit): Wish | null {
  const running = unit.state.hooks.find(({ state }) => state === 'running');
  if (running?.id === PROCESSES) return 'signal';
  if (running?.id === PROOF) return 'prove';
  return unit.state.phase === 'ended' ? 'over' : null;
}

function graceOf(job: Job, run: Run): number {
  return run.stop?.graceMs ?? job.spec.graceMs;
}

function replay(unit: Unit, job: Job, run: Run, happening: RunHappening, releaseMs: number): readonly Wish[] {
  const wishes: Wish[] = [];
  if (happening.type === 'stop') {
    // The grace of this ending is known now, and it is the cap of drain.
    unit.state = { ...unit.state, config: configOf(graceOf(job, run), releaseMs) };
  }
  for (const event of eventsOf(happening)) {
    for (const effect of feed(unit, event)) {
      if (effect.type === 'startHook') wishes.push(effect.hook === PROCESSES ? 'signal' : 'prove');
      if (effect.type === 'exit') wishes.push('over');
    }
  }
  return wishes;
}

function feed(unit: Unit, event: UnitEvent) {
  const { state, effects } = step(unit.state, event);
  unit.state = state;
  const armed = Object.values(state.armed);
  unit.wakeAtMs = armed.length > 0 ? Math.min(...armed) : null;
  return effects;
}

function eventsOf({ type, atMs, value, text, list }: RunHappening): readonly UnitEvent[] {
  switch (type) {
    case 'ready':
      return [{ type: 'ready', atMs }];
    case 'stop': {
      const kind = (text ?? 'api') as CauseKind;
      const cause = kind === 'preemption' ? ({ kind, provider: 'scheduler' } as const) : { kind };
      return [{ type: 'stopRequested', cause, deadlineMs: value ?? null, mode: 'suspend', atMs }];
    }
    case 'ended':
      return [{ type: 'workEnded', code: value ?? 1, error: text ?? null, atMs }];
    case 'unsaved':
      return [{ type: 'fatal', error: text ?? 'it did not save in time', condition: 'persist_failed', atMs }];
    case 'gone':
      return [{ type: 'hookSettled', hook: PROCESSES, error: null, conditions: [], atMs }];
    case 'proved': {
      const quarantined = list ?? [];
      const proven = text === 'swept' ? ('swept' as const) : quarantined.length === 0;
      const processes = { ended: value ?? 0, survivors: quarantined.filter((id) => id.startsWith('tree:')) };
      const released = { proven, processes, gpus: [], ports: [], quarantined };
      const error = quarantined.length > 0 ? `not proven: ${quarantined.join(', ')}` : null;
      return [
        { type: 'released', released, atMs },
        { type: 'hookSettled', hook: PROOF, error, conditions: [], atMs },
      ];
    }
    case 'force':
      return [{ type: 'forced', atMs }];
    case 'tick':
      return [{ type: 'tick', atMs }];
  }
}

/** Drain gets all of the grace, and release its own time after that. */
function configOf(graceMs: number, releaseMs: number): UnitConfig {
  const config: UnitConfig = {
    graceMs,
    graceSource: 'option',
    platformMs: null,
    platformSource: 'default',
    kubernetes: false,
    announce: 'never',
    announceCapMs: 0,
    drainCapMs: graceMs,
    persistReserveMs: 0,
    releaseReserveMs: releaseMs,
    extension: 'refused',
    extensionMaxMs: { announce: 0, intake: 0, drain: 0, persist: 0, release: 0 },
    unfinishedWork: 'returned',
  };
  return { ...config, graceMs: Math.max(graceMs + releaseMs, graceMs + reserveBeyondMs(config, 'drain', graceMs)) };
}
