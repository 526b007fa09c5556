// HTTP/2 while a unit ends. Once intake has begun each session gets GOAWAY with the last stream that was taken on (RFC
// 9113, 6.8): those streams are finished, and clients know that later ones were not begun and may be sent elsewhere.
// The notice that would announce this earlier cannot be given: after any GOAWAY, Node drops new streams in silence.
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

import { pathOf } from '../health-answers.ts';
import { answerHttp2, REFUSAL, type Answer } from './answers.ts';
import { isEventStream } from './http1.ts';
import type { FrontRules } from './rules.ts';
import {
  type Booking,
  type Exchange,
  type ExchangeCarrier,
  exchangeId,
  type ExchangeKind,
  exchangeOf,
  type Tracker,
} from './tracker.ts';

const NO_ERROR = 0;
/** Tells the client that nothing was done with the stream, so that it may be sent again (RFC 9113, 8.7). */
const REFUSED_STREAM = 7;

interface Peer {
  readonly session: ServerHttp2Session;
  active: number;
}

export class Http2 {
  readonly #tracker: Tracker;
  readonly #rules: FrontRules;
  readonly #peers = new Map<ServerHttp2Session, Peer>();
  #whenClosed: (() => void) | null = null;

  constructor(tracker: Tracker, rules: FrontRules) {
    this.#tracker = tracker;
    this.#rules = rules;
  }

  /** Watches `session`. */
  readonly session = (session: ServerHttp2Session): boolean => {
    this.#peerOf(session);
    return false;
  };

  /** Watches `stream`, which comes before the `request` of the compatibility layer. */
  readonly stream = (stream: ServerHttp2Stream & ExchangeCarrier, headers: IncomingHttpHeaders): boolean => {
    if (!stream.session) return false;
    const peer = this.#peerOf(stream.session as ServerHttp2Session);
    const method = headers[':method'] ?? 'GET';
    const path = pathOf(headers[':path'] ?? '/');
    const answer = this.#rules.answer(path);
    if (answer) return this.#answer(peer, stream, method, answer);
    const exchange = new Http2Exchange(exchangeId(method, path), stream, headers);
    if (!this.#tracker.accept(exchange)) {
      if (this.#rules.refuse(path) === 'answer') return this.#answer(peer, stream, method, REFUSAL);
      stream.close(REFUSED_STREAM);
      return true;
    }
    stream[exchangeOf] = exchange;
    this.#begin(peer, stream, () => this.#tracker.settle(exchange, !stream.aborted && stream.rstCode === NO_ERROR));
    return false;
  };

  /** No new streams on any session; those in flight are finished. */
  refuse(): void {
    for (const { session } of this.#peers.values()) close(session);
  }

  /** Closes sessions that have no stream now. */
  sweep(): void {
    setImmediate(() => {
      for (const peer of this.#peers.values()) this.#closeIfIdle(peer);
    });
  }

  /** Settles when every session is closed; what was answered last is flushed then. */
  async closed(signal: AbortSignal): Promise<void> {
    for (const peer of this.#peers.values()) this.#closeIfIdle(peer);
    if (this.#peers.size === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#whenClosed = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#whenClosed = null;
  }

  /** Cuts every session. */
  destroy(): void {
    for (const { session } of this.#peers.values()) session.destroy();
  }

  get connections(): number {
    return this.#peers.size;
  }

  #peerOf(session: ServerHttp2Session): Peer {
    let peer = this.#peers.get(session);
    if (!peer) {
      peer = { session, active: 0 };
      this.#peers.set(session, peer);
      session.once('close', () => {
        this.#peers.delete(session);
        if (this.#peers.size === 0) this.#whenClosed?.();
      });
    }
    return peer;
  }

  #begin(peer: Peer, stream: ServerHttp2Stream, over: () => void): void {
    peer.active++;
    stream.once('close', () => {
      peer.active--;
      over();
      if (this.#tracker.mode === 'refusing') setImmediate(() => this.#closeIfIdle(peer));
    });
  }

  #answer(peer: Peer, stream: ServerHttp2Stream, method: string, answer: Answer): true {
    this.#begin(peer, stream, this.#tracker.courtesy());
    answerHttp2(stream, method, answer);
    return true;
  }

  #closeIfIdle(peer: Peer): void {
    if (peer.active === 0) close(peer.session);
  }
}

/** Gracefully: Node sends GOAWAY, and closes the session when its last stream is over. */
function close(session: ServerHttp2Session): void {
  if (!session.closed && !session.destroyed) session.close();
}

class Http2Exchange implements Exchange {
  readonly id: string;
  booked: Booking | null = null;
  readonly socket: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly response = null;

  constructor(id: string, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.id = id;
    this.socket = stream;
    this.headers = headers;
  }

  get method(): string {
    return this.headers[':method'] ?? 'GET';
  }
  get url(): string {
    return this.headers[':path'] ?? '/';
  }

  kind(): ExchangeKind {
    // WebSockets over HTTP/2, RFC 8441.
    if (this.headers[':protocol'] !== undefined || this.method === 'CONNECT') return 'upgrade';
    return isEventStream(this.socket.sentHeaders?.['content-type'] ?? this.headers.accept) ? 'events' : 'request';
  }
}
