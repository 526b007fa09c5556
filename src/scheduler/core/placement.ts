// Which queued jobs start now, and where. A pure function of queue, pool, owners' use and time: same input, same answer.
// In order of priority, fair share and age, whatever fits starts. The first that does not fit is the head: the earliest
// time at which it can be shown to fit is reserved for it, and what comes after starts only if that does not delay it:
// because it ends before, or because it uses nothing that the head will need (backfill).
import { hindranceOf } from './eligible.ts';
import { Shares } from './fair-share.ts';
import { shapeOf } from './queue.ts';
import { Room, type Slot } from './room.ts';
import type { SchedulerState } from './state.ts';
import type { Gpu, Job, JobSpec, Run } from './types.ts';

/** How many jobs behind the head are looked at in one pass. */
const BACKFILL_LOOKS_MAX = 1_000;

export interface Start {
  readonly job: Job;
  readonly slots: readonly Slot[];
}

export interface Reservation {
  readonly job: Job;
  /** When it can be shown to fit; null = nothing declares an end that would help. */
  readonly untilMs: number | null;
}

export interface Placement {
  readonly starts: readonly Start[];
  readonly head: Reservation | null;
}

export function place(state: SchedulerState, atMs: number): Placement {
  const shares = new Shares(state, atMs);
  const room = freeRoom(state);
  const pass = new Pass(state, atMs, room);
  for (const job of state.queue.ordered((owner) => shares.key(owner), pass.noRoom)) {
    const start = pass.consider(job);
    if (start)
      shares.started(
        job.spec.owner,
        start.slots.reduce((sum, slot) => sum + slot.gpus.length, 0),
      );
    if (pass.isFull) break;
  }
  return { starts: pass.starts, head: pass.head };
}

/** What is free now. */
export function freeRoom(state: SchedulerState): Room {
  const free: Gpu[] = [];
  for (const gpu of state.pool.gpus) if (state.resources.get(gpu.id)?.state === 'free') free.push(gpu);
  return Room.of(state.pool.nodes, free, (node) => state.nodeUse.get(node), freePorts(state));
}

function freePorts(state: SchedulerState): number {
  if (!state.pool.ports) return 0;
  const [first, last] = state.pool.ports;
  let taken = 0;
  for (const { kind } of state.resources.values()) if (kind === 'port') taken += 1;
  return last - first + 1 - taken;
}

/** Everything that the pool has, whoever holds it. */
export function wholeRoom(state: SchedulerState): Room {
  const { pool } = state;
  const ports = pool.ports ? pool.ports[1] - pool.ports[0] + 1 : 0;
  return Room.of(pool.nodes, pool.gpus, () => undefined, ports);
}

class Pass {
  readonly starts: Start[] = [];
  head: Reservation | null = null;
  readonly #state: SchedulerState;
  readonly #atMs: number;
  /** Free now. */
  readonly #room: Room;
  /** Free now and not needed by the head. The same as `#room` while there is no head, or none that holds anything. */
  #spare: Room;
  /** What is left at the head's time once it has started; null where no time is reserved. */
  #later: Room | null = null;
  readonly #started = {
    gpus: new Map<string, number>(),
    runs: new Map<string, number>(),
    arrays: new Map<string, number>(),
    total: 0,
  };
  /** Shapes that found no room: room only shrinks within a pass. */
  readonly noRoom = new Set<string>();
  /** Shapes that find no room in what the head will not need. */
  readonly #noSpare = new Set<string>();
  #looksBehindHead = 0;

  constructor(state: SchedulerState, atMs: number, room: Room) {
    this.#state = state;
    this.#atMs = atMs;
    this.#room = room;
    this.#spare = room;
  }

  /** Nothing more is looked at in this pass. */
  get isFull(): boolean {
    if (this.#looksBehindHead >= BACKFILL_LOOKS_MAX) return true;
    return this.#state.runs.size + this.#started.total >= this.#state.rules.runsMax;
  }

  consider(job: Job): Start | null {
    const shape = shapeOf(job.spec);
    if (this.head) {
      this.#looksBehindHead += 1;
      if (this.#noSpare.has(shape) && !this.#endsBeforeHead(job.spec)) return null;
    }
    if (hindranceOf(this.#state, job, this.#atMs, this.#started)) return null;
    const slots = this.#find(job.spec, shape);
    if (!slots) {
      if (!this.head) this.#reserve(job);
      return null;
    }
    const start = { job, slots };
    this.starts.push(start);
    this.#count(job.spec);
    return start;
  }

  #find(spec: JobSpec, shape: string): readonly Slot[] | null {
    if (this.#spare === this.#room) {
      const slots = this.#room.take(spec);
      if (!slots) this.noRoom.add(shape);
      return slots;
    }
    const spare = this.#noSpare.has(shape) ? null : this.#takeSpare(spec);
    if (spare) return spare;
    this.#noSpare.add(shape);
    if (!this.#endsBeforeHead(spec)) return null;
    const slots = this.#room.take(spec);
    if (!slots) this.noRoom.add(shape);
    else this.#spare.takeExactly(slots, spec);
    return slots;
  }

  /** What the head will not need may be held for as long as one likes, if that also leaves it enough of what is counted. */
  #takeSpare(spec: JobSpec): readonly Slot[] | null {
    const slots = this.#spare.take(spec);
    if (!slots) return null;
    if (this.#later && !this.#later.fits(spec)) {
      giveBack(this.#state, this.#spare, spec, slots);
      return null;
    }
    this.#later?.takeExactly(slots, spec);
    this.#room.takeExactly(slots, spec);
    return slots;
  }

  #endsBeforeHead(spec: JobSpec): boolean {
    const untilMs = this.head?.untilMs ?? null;
    const endsMs = endOf(this.#state, spec, this.#atMs);
    return untilMs !== null && endsMs !== null && endsMs <= untilMs;
  }

  #reserve(job: Job): void {
    const { rules, head } = this.#state;
    const reserved = earliest(this.#state, job, this.#room, this.#atMs, this.starts);
    this.head = { job, untilMs: reserved?.untilMs ?? null };
    const sinceMs = head?.job === job.id ? head.sinceMs : this.#atMs;
    const starving = this.#atMs - sinceMs >= rules.starvingMs;
    if (!reserved && !starving) return;
    const slots = reserved?.slots ?? wholeRoom(this.#state).take(job.spec);
    if (!slots) return;
    this.#spare = this.#room.copy();
    this.#spare.takeExactly(slots, job.spec);
    // Ports and counted things that are free now need not be kept: at the reserved time there are enough.
    this.#spare.ports = this.#room.ports;
    this.#later = reserved?.left ?? null;
  }

  #count({ owner, request, replicas, array }: JobSpec): void {
    const { gpus, runs, arrays } = this.#started;
    gpus.set(owner, (gpus.get(owner) ?? 0) + request.gpus * replicas);
    runs.set(owner, (runs.get(owner) ?? 0) + 1);
    if (array) arrays.set(array.id, (arrays.get(array.id) ?? 0) + 1);
    this.#started.total += 1;
  }
}

interface End {
  readonly atMs: number;
  readonly giveBack: (to: Room) => void;
}

interface Earliest {
  readonly untilMs: number;
  readonly slots: readonly Slot[];
  /** What is free then, beside the job. */
  readonly left: Room;
}

/** The earliest time at which the declared ends of runs make room for the job; null if they never do. */
export function earliest(
  state: SchedulerState,
  job: Job,
  room: Room,
  atMs: number,
  starts: readonly Start[],
): Earliest | null {
  const ends = [...state.runs.values()]
    .filter((run) => run.phase !== 'quarantined' && run.expectedEndMs !== null)
    .map((run): End => ({
      atMs: Math.max(run.expectedEndMs!, atMs),
      giveBack: (to) => giveBackRun(state, to, run),
    }));
  for (const start of starts) {
    const endsMs = endOf(state, start.job.spec, atMs);
    if (endsMs !== null)
      ends.push({ atMs: endsMs, giveBack: (to) => giveBack(state, to, start.job.spec, start.slots) });
  }
  ends.sort((a, b) => a.atMs - b.atMs);
  const later = room.copy();
  for (const end of ends) {
    end.giveBack(later);
    // What is free already is left to others as far as possible.
    const slots = later.take(job.spec, 'last');
    if (slots) return { untilMs: end.atMs, slots, left: later };
  }
  return null;
}

function giveBack(state: SchedulerState, room: Room, { request }: JobSpec, slots: readonly Slot[]): void {
  room.add(
    slots.map(({ node }) => ({
      node,
      cpus: request.cpus,
      memoryBytes: request.memoryBytes,
      portCount: request.ports.length,
    })),
    gpusOf(state, slots),
  );
}

/** What a run holds, back in a room. */
export function giveBackRun(state: SchedulerState, room: Room, { members }: Run): void {
  const counted = members.map(({ node, cpus, memoryBytes, ports }) => ({
    node,
    cpus,
    memoryBytes,
    portCount: Object.keys(ports).length,
  }));
  room.add(
    counted,
    members.flatMap(({ gpus }) => gpus.flatMap((id) => state.gpus.get(id) ?? [])),
  );
}

function gpusOf(state: SchedulerState, slots: readonly Slot[]): Gpu[] {
  return slots.flatMap(({ gpus }) => gpus.flatMap((id) => state.gpus.get(id) ?? []));
}

/**
 * The latest time at which a job that starts now has given everything back, by its own word; null = it says nothing. The
 * proof counts too, as it does for a run that is ending: else a time that was reserved would move on once the run it waits
 * for is asked to end, and what fits only by that would start before the head.
 */
export function endOf({ rules }: SchedulerState, spec: JobSpec, atMs: number): number | null {
  return spec.timeoutMs === null ? null : atMs + spec.timeoutMs + spec.graceMs + rules.releaseMs;
}
