// Queued jobs, kept so that the next one is found without sorting and without looking at all of them: by priority, then by
// owner, then by the shape of what they ask for, each line in the order of submission. Where one job of a shape finds no
// room no other of it does, so a whole line is passed over at once. Whose turn it is among owners is decided while the
// queue is walked (placement.ts).
import type { Job, JobSpec } from './types.ts';

/** One owner's jobs of one priority and shape, oldest first. */
interface Line {
  readonly shape: string;
  readonly jobs: Job[];
}

export class Queue {
  /** Priority → owner → shape → line. */
  readonly #classes = new Map<number, Map<string, Map<string, Line>>>();
  readonly #ids = new Set<string>();
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#ids.size;
  }

  add(job: Job): void {
    if (this.#ids.has(job.id)) return;
    this.#ids.add(job.id);
    const { priority, owner } = job.spec;
    this.#counts.set(owner, this.countOf(owner) + 1);
    const lines = entry(entry(this.#classes, priority), owner);
    const shape = shapeOf(job.spec);
    let line = lines.get(shape);
    if (!line) lines.set(shape, (line = { shape, jobs: [] }));
    line.jobs.splice(placeOf(line.jobs, job.seq), 0, job);
  }

  remove(job: Job): void {
    if (!this.#ids.delete(job.id)) return;
    const { priority, owner } = job.spec;
    this.#counts.set(owner, this.countOf(owner) - 1);
    const owners = this.#classes.get(priority)!;
    const lines = owners.get(owner)!;
    const line = lines.get(shapeOf(job.spec))!;
    line.jobs.splice(placeOf(line.jobs, job.seq), 1);
    if (line.jobs.length > 0) return;
    lines.delete(line.shape);
    if (lines.size === 0) owners.delete(owner);
    if (owners.size === 0) this.#classes.delete(priority);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  countOf(owner: string): number {
    return this.#counts.get(owner) ?? 0;
  }

  /**
   * Jobs in the order in which they are served: priority, then the owner with the smallest `keyOf` at that moment, then
   * age. After each job its owner's key is asked for again: it may have grown. Lines of a shape that is in `closed` are
   * passed over. The queue itself must not change meanwhile.
   */
  *ordered(keyOf: (owner: string) => number, closed: ReadonlySet<string>): Generator<Job> {
    const priorities = [...this.#classes.keys()].sort((a, b) => b - a);
    for (const priority of priorities) {
      const heap = new Turns();
      for (const [owner, lines] of this.#classes.get(priority)!) {
        const turn = new Turn(owner, [...lines.values()], keyOf(owner));
        if (turn.find(closed)) heap.push(turn);
      }
      for (let turn = heap.first; turn; turn = heap.first) {
        yield turn.take();
        turn.key = keyOf(turn.owner);
        if (turn.find(closed)) heap.sink();
        else heap.pop();
      }
    }
  }
}

/** Jobs with the same shape find the same room. */
export function shapeOf(spec: JobSpec): string {
  const known = shapes.get(spec);
  if (known !== undefined) return known;
  const { request, replicas } = spec;
  const shape = `${request.gpus}/${request.cpus}/${request.memoryBytes}/${request.ports.length}/${replicas}`;
  shapes.set(spec, shape);
  return shape;
}

/** A text for each of ten thousand jobs would cost more than the decision. */
const shapes = new WeakMap<JobSpec, string>();

/** One owner's place in a walk. */
class Turn {
  readonly owner: string;
  key: number;
  seq = 0;
  readonly #lines: { readonly line: Line; next: number }[];
  #chosen = 0;

  constructor(owner: string, lines: readonly Line[], key: number) {
    this.owner = owner;
    this.key = key;
    this.#lines = lines.map((line) => ({ line, next: 0 }));
  }

  /** Looks for the oldest job of the open lines; false = there is none. */
  find(closed: ReadonlySet<string>): boolean {
    this.seq = Number.POSITIVE_INFINITY;
    for (let index = this.#lines.length - 1; index >= 0; index--) {
      const { line, next } = this.#lines[index]!;
      if (next === line.jobs.length || closed.has(line.shape)) this.#lines.splice(index, 1);
    }
    for (const [index, { line, next }] of this.#lines.entries()) {
      const { seq } = line.jobs[next]!;
      if (seq >= this.seq) continue;
      this.seq = seq;
      this.#chosen = index;
    }
    return this.#lines.length > 0;
  }

  take(): Job {
    const chosen = this.#lines[this.#chosen]!;
    return chosen.line.jobs[chosen.next++]!;
  }
}

/** A heap of turns, whose order among themselves changes only at its first. */
class Turns {
  readonly #heap: Turn[] = [];

  get first(): Turn | undefined {
    return this.#heap[0];
  }

  push(turn: Turn): void {
    let index = this.#heap.push(turn) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(turn, this.#heap[parent]!)) break;
      this.#heap[index] = this.#heap[parent]!;
      index = parent;
    }
    this.#heap[index] = turn;
  }

  pop(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.sink();
  }

  /** The first one's key has grown. */
  sink(): void {
    const heap = this.#heap;
    const turn = heap[0]!;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, turn)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = turn;
  }
}

function before(a: Turn, b: Turn): boolean {
  return a.key < b.key || (a.key === b.key && a.seq < b.seq);
}

function entry<Key, Inner extends string, Value>(map: Map<Key, Map<Inner, Value>>, key: Key): Map<Inner, Value> {
  let inner = map.get(key);
  if (!inner) map.set(key, (inner = new Map()));
  return inner;
}

/** Where a job of this seq is, or belongs. */
function placeOf(jobs: readonly Job[], seq: number): number {
  let low = 0;
  let high = jobs.length;
  if (high > 0 && jobs[high - 1]!.seq < seq) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (jobs[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
