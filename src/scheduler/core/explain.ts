// Why a queued job waits, in words: how many are ahead, what it waits for, who holds it and until when. Computed when
// somebody asks, from the same functions that decide.
import { hindranceOf, NOTHING_STARTED, type Hindrance } from './eligible.ts';
import { Shares } from './fair-share.ts';
import { earliest, freeRoom, wholeRoom } from './placement.ts';
import type { SchedulerState } from './state.ts';
import type { Job, JobSpec } from './types.ts';

export interface Explanation {
  /** 1 = the next of all that could start. */
  readonly position: number;
  readonly why: string;
  /** When it will start as far as declared ends tell, scheduler time; null = nobody can say. */
  readonly startsAtMs: number | null;
}

/** Jobs in the order in which they would be served now → their position, from 1. */
export function positions(state: SchedulerState, atMs: number): ReadonlyMap<string, number> {
  const shares = new Shares(state, atMs);
  const found = new Map<string, number>();
  for (const job of state.queue.ordered((owner) => shares.key(owner), new Set())) found.set(job.id, found.size + 1);
  return found;
}

/** @param timeOf an instant of scheduler time for people */
export function explain(
  state: SchedulerState,
  job: Job,
  position: number,
  atMs: number,
  timeOf: (atMs: number) => string,
): Explanation {
  const ahead = position > 1 ? `; ${position - 1} ahead of it` : '';
  const hindrance = hindranceOf(state, job, atMs, NOTHING_STARTED);
  if (hindrance) {
    const startsAtMs = hindrance.kind === 'backoff' ? hindrance.untilMs : null;
    return { position, why: words(hindrance, timeOf), startsAtMs };
  }
  if (state.closing !== null)
    return { position, why: 'the scheduler is closing, nothing is started', startsAtMs: null };
  if (!state.open) return { position, why: 'nothing is started now', startsAtMs: null };
  if (!canEverFit(state, job.spec)) return { position, why: 'the pool is too small for it now', startsAtMs: null };
  const room = freeRoom(state);
  const missing = wanted(job.spec);
  if (room.fits(job.spec)) return { position, why: `it fits, and others go first${ahead}`, startsAtMs: null };
  const at = earliest(state, job, room, atMs, []);
  const until = at && position === 1 ? ` until ~${timeOf(at.untilMs)}` : '';
  const holders = holdersOf(state);
  const held = holders.length > 0 ? `; ${holders.join(', ')} hold${holders.length === 1 ? 's' : ''} them${until}` : '';
  return {
    position,
    why: `waits for ${missing}${held}${ahead}`,
    startsAtMs: position === 1 ? (at?.untilMs ?? null) : null,
  };
}

/** Whether the pool could hold it if nothing else ran: what could not is refused at submit. */
export function canEverFit(state: SchedulerState, spec: JobSpec): boolean {
  return wholeRoom(state).fits(spec);
}

function wanted({ request, replicas }: JobSpec): string {
  const parts = [
    request.gpus > 0 ? `${request.gpus * replicas} GPU${request.gpus * replicas === 1 ? '' : 's'}` : '',
    request.gpus === 0 && request.cpus > 0 ? `${request.cpus * replicas} CPUs` : '',
    request.ports.length > 0 && request.gpus === 0 ? `${request.ports.length * replicas} ports` : '',
  ].filter(Boolean);
  return parts.join(' and ') || 'room';
}

const HOLDERS_MAX = 3;

function holdersOf(state: SchedulerState): string[] {
  const held = [...state.resources.values()].filter(({ kind, state }) => kind === 'gpu' && state !== 'free');
  const names = new Set(
    held.map(({ run, state, id }) => (run === null ? `${id} (${state})` : run.slice(0, run.lastIndexOf('/')))),
  );
  const shown = [...names].slice(0, HOLDERS_MAX);
  return names.size > HOLDERS_MAX ? [...shown, `${names.size - HOLDERS_MAX} more`] : shown;
}

function words(hindrance: Hindrance, timeOf: (atMs: number) => string): string {
  switch (hindrance.kind) {
    case 'dependency':
      return `waits for the end of ${hindrance.jobs.join(', ')}`;
    case 'backoff':
      return `tries again at ${timeOf(hindrance.untilMs)}`;
    case 'nobody_waits':
      return 'held back: its submitter has stopped asking for it';
    case 'last_run':
      return `its last run (${hindrance.run}) has not been proven gone`;
    case 'array':
      return `${hindrance.atOnceMax} of its array run, which is the most`;
    case 'owner_gpus':
      return `its owner may hold at most ${hindrance.max} GPUs at once`;
    case 'owner_jobs':
      return `its owner may run at most ${hindrance.max} jobs at once`;
    case 'runs':
      return `${hindrance.max} jobs run, which is the most`;
  }
}
