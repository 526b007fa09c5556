// Which exchanges of a server are in flight, and what becomes of each (invariant 2). An exchange is accepted once and
// settled once: finished when its answer was handed over completely. A client that leaves before that is owed nothing
// more while the unit is ready; once an ending has begun its answer counts as lost, because nobody can tell any more
// whether the ending made it leave.
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import type { Work } from '../types.ts';

/**
 * `request`: ends by its answer. `events`: a stream of server-sent events, which has no end of its own, and whose
 * clients come back by themselves. `upgrade`: a WebSocket or another tunnel.
 */
export type ExchangeKind = 'request' | 'events' | 'upgrade';

/** An exchange that ends only when one side says so, as the application's `goodbye` gets it. */
export interface OpenExchange {
  /** As in the report, such as `GET /events #17`. */
  readonly id: string;
  readonly kind: ExchangeKind;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** The connection; for HTTP/2 the stream. */
  readonly socket: Duplex;
  /** Null for an upgraded connection and for HTTP/2, where `socket` is what to end. */
  readonly response: ServerResponse | null;
}

/** An accepted exchange that is not settled. */
export interface Exchange extends Omit<OpenExchange, 'kind'> {
  /** What the application said itself, by `bookAs`; null: the delivery of the answer decides. */
  booked: Booking | null;
  /** By now: whether an answer is a stream of events shows only when it has begun. */
  kind(): ExchangeKind;
}

/** `serving` → `closing`: an ending was asked for → `refusing`: intake has begun. */
export type Mode = 'serving' | 'closing' | 'refusing';

/** A target in an id is cut at this many characters. */
const TARGET_LENGTH_MAX = 80;

/** Several servers may share a unit, so numbers are unique in the process. */
let lastNumber = 0;

/** A readable id; without the query, which may hold secrets. */
export function exchangeId(method: string, path: string): string {
  return `${method} ${path.length > TARGET_LENGTH_MAX ? `${path.slice(0, TARGET_LENGTH_MAX)}…` : path} #${++lastNumber}`;
}

/** For an application that knows better than the delivery of its answer: a proxy's 502 is delivered, and no work done. */
export type Booking = 'returned' | 'lost';

/** Where a response, an upgraded socket or an HTTP/2 stream keeps its exchange. */
export const exchangeOf = Symbol('lastcall.exchange');

/** What may keep an exchange. */
export interface ExchangeCarrier {
  [exchangeOf]?: Exchange;
}

export class Tracker {
  mode: Mode = 'serving';
  /** Requests that were turned away. */
  refused = 0;
  /** Requests whose client left before it had its answer. */
  abandoned = 0;
  readonly #work: Work;
  readonly #inFlight = new Set<Exchange>();
  #courtesies = 0;
  #whenQuiet: (() => void) | null = null;

  constructor(work: Work) {
    this.#work = work;
  }

  get inFlight(): ReadonlySet<Exchange> {
    return this.#inFlight;
  }

  /** `false`: the unit takes no new work (invariant 1). */
  accept(exchange: Exchange): boolean {
    if (!this.#work.accept(exchange.id)) {
      this.refused++;
      return false;
    }
    this.#inFlight.add(exchange);
    return true;
  }

  settle(exchange: Exchange, delivered: boolean): void {
    if (!this.#inFlight.delete(exchange)) return;
    const ended = delivered || exchange.kind() !== 'request';
    if (!ended) this.abandoned++;
    // What went wrong while nothing was ending is no loss by an ending: whoever waited was told.
    if (this.mode === 'serving') this.#work.finish(exchange.id);
    else this.#book(exchange, exchange.booked ?? (ended ? 'finished' : 'lost'));
    this.#tellIfQuiet();
  }

  /** Books what is left before its connections are cut: clients of event streams come back, others were waiting. */
  giveUp(): void {
    for (const exchange of this.#inFlight) {
      this.#book(exchange, exchange.booked ?? (exchange.kind() === 'events' ? 'returned' : 'lost'));
    }
    this.#inFlight.clear();
    this.#tellIfQuiet();
  }

  /** An answer that is no work (readiness, a refusal) has begun; returns what to call when it is over. */
  courtesy(): () => void {
    this.#courtesies++;
    return () => {
      this.#courtesies--;
      this.#tellIfQuiet();
    };
  }

  /** Settles when nothing is in flight, or when `signal` is aborted. */
  async quiet(signal: AbortSignal): Promise<void> {
    if (this.#isQuiet() || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#whenQuiet = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#whenQuiet = null;
  }

  #book({ id }: Exchange, as: Booking | 'finished'): void {
    if (as === 'finished') this.#work.finish(id);
    else if (as === 'returned') this.#work.giveBack(id);
    else this.#work.lose(id);
  }

  #isQuiet(): boolean {
    return this.#inFlight.size === 0 && this.#courtesies === 0;
  }

  #tellIfQuiet(): void {
    if (this.#whenQuiet && this.#isQuiet()) this.#whenQuiet();
  }
}
