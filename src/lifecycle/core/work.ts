// The ledger of work, invariant 2: accepted = finished + returned + lost + unknown (+ in flight, before the end).
// Items are counted anonymously (records) or by id (requests); ids are kept only while in flight or lost.
// Mutable on purpose: it is touched once or twice per request and has to cost nanoseconds.
import { assert } from '../../base/assert.ts';
import { LastcallError } from '../../base/errors.ts';

export type Settlement = 'finished' | 'returned' | 'lost' | 'unknown';

/** Ids in a report are cut at this many (contracts.md). */
export const LOST_IDS_MAX = 1_000;

export interface WorkCounts {
  accepted: number;
  finished: number;
  returned: number;
  lost: number;
  unknown: number;
}

/** A ledger as plain data, for a watchdog in another thread or a journal. */
export interface LedgerSnapshot {
  readonly counts: Readonly<WorkCounts>;
  readonly lostIds: readonly string[];
  /** Ids in flight, the oldest LOST_IDS_MAX; the rest is counted as anonymous. */
  readonly inFlightIds: readonly string[];
  readonly inFlightAnonymous: number;
}

export class WorkLedger {
  readonly counts: WorkCounts = { accepted: 0, finished: 0, returned: 0, lost: 0, unknown: 0 };
  /** Ids of items that were lost or whose fate is unknown, the first LOST_IDS_MAX. */
  readonly lostIds: string[] = [];
  readonly #inFlightIds = new Set<string>();
  #inFlightAnonymous = 0;

  get inFlight(): number {
    return this.#inFlightAnonymous + this.#inFlightIds.size;
  }

  /** Ids in flight, oldest first, at most `limit`; anonymous items as one entry that counts them. */
  pending(limit: number): string[] {
    const ids: string[] = [];
    for (const id of this.#inFlightIds) {
      if (ids.length === limit) break;
      ids.push(id);
    }
    if (this.#inFlightAnonymous > 0) ids.push(`${this.#inFlightAnonymous} items`);
    return ids;
  }

  accept(id: string | null, count: number): void {
    if (id === null) {
      if (!Number.isSafeInteger(count) || count < 0) throw miscounted(`work accepted with a count of ${count}`);
      this.#inFlightAnonymous += count;
      this.counts.accepted += count;
    } else {
      if (this.#inFlightIds.has(id)) throw miscounted(`work ${id} was accepted twice`);
      this.#inFlightIds.add(id);
      this.counts.accepted += 1;
    }
  }

  settle(id: string | null, count: number, as: Settlement): void {
    if (id === null) {
      if (!Number.isSafeInteger(count) || count < 0) throw miscounted(`work is ${as} with a count of ${count}`);
      if (count > this.#inFlightAnonymous) {
        throw miscounted(`${count} items are ${as}, but ${this.#inFlightAnonymous} were in flight`);
      }
      this.#inFlightAnonymous -= count;
      this.counts[as] += count;
    } else {
      if (!this.#inFlightIds.delete(id)) throw miscounted(`work ${id} is ${as}, but was not in flight`);
      this.counts[as] += 1;
      if ((as === 'lost' || as === 'unknown') && this.lostIds.length < LOST_IDS_MAX) this.lostIds.push(id);
    }
  }

  /** Settles whatever is still in flight; afterwards the sum holds without remainder. */
  settleRest(as: Settlement): void {
    for (const id of this.#inFlightIds) this.settle(id, 1, as);
    this.settle(null, this.#inFlightAnonymous, as);
    this.assertBalanced();
  }

  /** @throws internal error if the sum of invariant 2 does not hold */
  assertBalanced(): void {
    const { accepted, finished, returned, lost, unknown } = this.counts;
    const settled = finished + returned + lost + unknown + this.inFlight;
    assert(accepted === settled, `work accounting: accepted ${accepted} ≠ ${settled} settled or in flight`);
  }

  snapshot(): LedgerSnapshot {
    const inFlightIds = this.#inFlightIds.values().take(LOST_IDS_MAX).toArray();
    const inFlightAnonymous = this.inFlight - inFlightIds.length;
    return { counts: { ...this.counts }, lostIds: [...this.lostIds], inFlightIds, inFlightAnonymous };
  }

  static revive(snapshot: LedgerSnapshot): WorkLedger {
    const ledger = new WorkLedger();
    Object.assign(ledger.counts, snapshot.counts);
    ledger.lostIds.push(...snapshot.lostIds);
    for (const id of snapshot.inFlightIds) ledger.#inFlightIds.add(id);
    ledger.#inFlightAnonymous = snapshot.inFlightAnonymous;
    return ledger;
  }
}

function miscounted(what: string): LastcallError {
  return new LastcallError('usage', {
    what,
    todo: 'Accept each item once, and finish, give back or lose it once.',
  });
}
