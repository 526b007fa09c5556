// Instants at which something may be due: a heap of (time, what), where entries that no longer apply are simply found to
// do nothing. So arming costs a push, and disarming nothing.

export interface Due {
  readonly atMs: number;
  readonly kind: 'lease' | 'job' | 'run' | 'resource' | 'starving';
  readonly id: string;
}

export class Timers {
  readonly #heap: Due[] = [];

  /** When the next one is due; null = nothing is. */
  get nextAtMs(): number | null {
    return this.#heap[0]?.atMs ?? null;
  }

  arm(due: Due): void {
    const heap = this.#heap;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.atMs <= due.atMs) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = due;
  }

  /** Takes the first that is due at `atMs`, or null. */
  take(atMs: number): Due | null {
    const heap = this.#heap;
    const first = heap[0];
    if (!first || first.atMs > atMs) return null;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(item: Due): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.atMs < heap[child]!.atMs) child += 1;
      if (heap[child]!.atMs >= item.atMs) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = item;
  }
}
