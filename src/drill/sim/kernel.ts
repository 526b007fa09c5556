// The simulator's kernel: virtual time and a queue of things to come. Nothing here waits; a run is a function of its
// seed. Things due at the same instant happen in the order in which they were planned. Like a real event loop it may be
// late: a single happening, or all of them while something blocks.

/** A planned happening. */
interface Planned {
  readonly atMs: number;
  /** How much later than asked for that is. */
  readonly lateMs: number;
  readonly order: number;
  readonly run: (() => void) | null;
}

export class Kernel {
  #nowMs = 0;
  #planned = 0;
  /** Binary heap by time, then order. */
  readonly #heap: Planned[] = [];
  readonly #cancelled = new Set<number>();
  #blockedUntilMs = 0;
  #lagMs = 0;
  /** Happenings carried out so far. */
  events = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** By how much what happens now is late. */
  get lagMs(): number {
    return this.#lagMs;
  }

  /** Plans `run` at `delayMs` from now (≥ 0), `lateMs` later than it should; returns how to cancel it. */
  after(delayMs: number, run: () => void, lateMs = 0): () => void {
    const order = this.#planned++;
    this.#push({ atMs: this.#nowMs + Math.max(0, delayMs) + lateMs, lateMs, order, run });
    return () => this.#cancelled.add(order);
  }

  /** Nothing happens for so long; what was due meanwhile happens afterwards, in a burst. */
  block(forMs: number): void {
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, this.#nowMs + forMs);
  }

  /** Carries out what is planned until nothing is, or time passes `untilMs`. Returns whether the queue is empty. */
  run(untilMs: number): boolean {
    for (let next = this.#heap[0]; next && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop();
      if (this.#cancelled.delete(next.order)) continue;
      this.#nowMs = Math.max(next.atMs, this.#blockedUntilMs);
      this.#lagMs = this.#nowMs - next.atMs + next.lateMs;
      this.events += 1;
      next.run?.();
    }
    return this.#heap.length === 0;
  }

  #push(item: Planned): void {
    const heap = this.#heap;
    let index = heap.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(item, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = item;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function before(a: Planned, b: Planned): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
