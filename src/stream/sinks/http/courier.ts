// Carries the rows of an outbox to the other side: begun in their order, a bounded number at once, each tried again with
// back-off, all of them held back by one circuit breaker while the other side is down.
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Random } from '../../../base/random.ts';
import { admit, afterAttempt, CLOSED, retryDelayMs, type Breaker, type CallPolicy } from '../../calls/core.ts';
import type { Outbox, OutboxRow } from '../outbox.ts';
import { pause } from './pause.ts';
import type { Attempt } from './request.ts';

export interface CourierOptions {
  readonly outbox: Outbox;
  readonly policy: CallPolicy;
  /** Requests under way at once. */
  readonly concurrency: number;
  readonly send: (row: OutboxRow, cancel: AbortSignal) => Promise<Attempt>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Rows that are read from the outbox at once. */
const PAGE_ROWS = 500;
/** Delivered rows that are taken off together. */
const REMOVE_ROWS = 250;
/** Longest time that a delivered row stays in the outbox, milliseconds. */
const REMOVE_AFTER_MS = 50;

export class Courier {
  readonly #options: CourierOptions;
  readonly #closing = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #delivered: number[] = [];
  readonly #listeners = new Set<() => void>();
  #queue: OutboxRow[] = [];
  #queueAt = 0;
  /** Last id that was taken out of the outbox. */
  #lastId = 0;
  /** Ids of rows that were taken out and that the other side does not have, in their order. */
  readonly #carried = new Set<number>();
  #breaker: Breaker = CLOSED;
  #left: number;
  #cancelRemoval: (() => void) | null = null;
  #failure: Error | null = null;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#left = options.outbox.count();
  }

  /** Rows that the other side does not have yet. */
  get left(): number {
    return this.#left;
  }

  /** The other side has answered for the row of this id and for all before it. */
  get acknowledgedUpTo(): number {
    for (const id of this.#carried) return id - 1;
    return (this.#queue[this.#queueAt]?.id ?? this.#lastId + 1) - 1;
  }

  /** `rows` more are committed; begins to carry them. @throws what made the database refuse to take rows off */
  notice(rows: number): void {
    if (this.#failure !== null) throw this.#failure;
    this.#left += rows;
    this.#begin();
  }

  /** Resolves when at most `rows` are left, or the signal aborts. */
  async downTo(rows: number, signal: AbortSignal): Promise<void> {
    while (this.#left > rows && !signal.aborted && !this.#closing.signal.aborted) {
      if (this.#failure !== null) throw this.#failure;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#listeners.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#listeners.add(wake);
        signal.addEventListener('abort', wake);
      });
    }
  }

  /** Ends what is under way; it stays in the outbox and is delivered again at the next start. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake();
    await Promise.allSettled(this.#inFlight);
    this.#remove();
  }

  #begin(): void {
    while (this.#inFlight.size < this.#options.concurrency && !this.#closing.signal.aborted && this.#failure === null) {
      const row = this.#next();
      if (!row) return;
      this.#carried.add(row.id);
      const carrying: Promise<void> = this.#carry(row)
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#inFlight.delete(carrying);
          this.#begin();
          this.#wake();
        });
      this.#inFlight.add(carrying);
    }
  }

  #next(): OutboxRow | undefined {
    if (this.#queueAt >= this.#queue.length) {
      this.#queue = this.#options.outbox.after(this.#lastId, PAGE_ROWS);
      this.#queueAt = 0;
      this.#lastId = this.#queue.at(-1)?.id ?? this.#lastId;
      // Dead letters may have been put back by somebody else: what is left is counted anew when nothing is under way.
      if (this.#inFlight.size === 0) this.#left = this.#options.outbox.count() - this.#delivered.length;
    }
    return this.#queue[this.#queueAt++];
  }

  async #carry(row: OutboxRow): Promise<void> {
    const { policy, random, clock, send } = this.#options;
    const cancel = this.#closing.signal;
    let attempts = 0;
    for (let failures = 0; ; failures++) {
      if (!(await this.#admitted())) return;
      const answer = await send(row, cancel);
      const atMs = clock.monotonicMs();
      if (cancel.aborted && answer.verdict !== 'delivered') return;
      const isThere = answer.verdict === 'delivered' || answer.verdict === 'refused';
      this.#breaker = afterAttempt(this.#breaker, isThere ? { type: 'succeeded' } : { type: 'failed', atMs }, policy);
      this.#wake();
      if (answer.verdict === 'delivered') return this.#acknowledge(row.id);
      if (answer.verdict !== 'down') attempts++;
      if (answer.verdict === 'refused' || attempts > policy.retries) return this.#bury(row.id, answer.reason, attempts);
      const attempt = Math.min(failures, policy.retries - 1);
      const delayMs = retryDelayMs(
        { attempt, retryable: true, retryAfterMs: answer.retryAfterMs, random: random.next() },
        policy,
      );
      await pause(delayMs ?? policy.backoffMaxMs, cancel);
    }
  }

  /** Waits for the circuit to let an attempt through; false: closing. */
  async #admitted(): Promise<boolean> {
    for (;;) {
      if (this.#closing.signal.aborted) return false;
      const { breaker, admitted, waitMs } = admit(this.#breaker, this.#options.clock.monotonicMs());
      this.#breaker = breaker;
      if (admitted) return true;
      if (waitMs > 0) await pause(waitMs, this.#closing.signal);
      else await new Promise<void>((resolve) => this.#listeners.add(once(this.#listeners, resolve)));
    }
  }

  #acknowledge(id: number): void {
    this.#left--;
    this.#carried.delete(id);
    this.#delivered.push(id);
    if (this.#delivered.length >= REMOVE_ROWS || this.#left === 0) this.#remove();
    else this.#cancelRemoval ??= this.#options.clock.after(REMOVE_AFTER_MS, () => this.#removeLater());
  }

  #bury(id: number, reason: string, attempts: number): void {
    this.#left--;
    this.#options.outbox.bury({ id, reason, attempts, atMs: this.#options.clock.wallMs() });
    this.#carried.delete(id);
  }

  #removeLater(): void {
    try {
      this.#remove();
    } catch (error) {
      this.#fail(error);
      this.#wake();
    }
  }

  #remove(): void {
    this.#cancelRemoval?.();
    this.#cancelRemoval = null;
    if (this.#delivered.length > 0) this.#options.outbox.remove(this.#delivered.splice(0));
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(messageOf(error));
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}

function once(listeners: Set<() => void>, run: () => void): () => void {
  const listener = (): void => {
    listeners.delete(listener);
    run();
  };
  return listener;
}
