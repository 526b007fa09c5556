// The simulator's kernel: virtual time and a queue of things to come. Nothing here waits; a run is a function of its
// seed. Things due at the same instant happen in the order in which they were planned.

/** A planned happening. */
interface Planned {
  readonly atMs: number;
  readonly order: number;
  readonly run: (() => void) | null;
}

export class Kernel {
  #nowMs = 0;
  #planned = 0;
  /** Binary heap by time, then order. */
  readonly #heap: Planned[] = [];
  readonly #cancelled = new Set<number>();
  /** Happenings carried out so far. */
  events = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Plans `run` at `delayMs` from now (≥ 0); returns how to cancel it. */
  after(delayMs: number, run: () => void): () => void {
    const order = this.#planned++;
    this.#push({ atMs: this.#nowMs + Math.max(0, delayMs), order, run });
    return () => this.#cancelled.add(order);
  }

  /** Carries out what is planned until nothing is, or time passes `untilMs`. Returns whether the queue is empty. */
  run(untilMs: number): boolean {
    for (let next = this.#heap[0]; next && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop();
      if (this.#cancelled.delete(next.order)) continue;
      this.#nowMs = next.atMs;
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
