// HTTP/1 while a unit ends. Every answer from the beginning of the ending says `Connection: close`, also those already
// begun whose head is not sent, so clients leave a kept-alive connection by the protocol's own word instead of racing a
// close (RFC 9112, 9.6). Connections that are idle once intake has begun are closed.
//
// Node's own closeIdleConnections() and close() are not used for that: both take a connection for idle as soon as the
// application has called `end()`, and cut a long answer that is still being sent.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { pathOf } from '../health-answers.ts';
import { answerHttp1, REFUSAL, refuseUpgrade, type Answer } from './answers.ts';
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

/** One connection that has sent a request. */
interface Peer {
  readonly socket: Socket;
  /** Exchanges on it that are not over; more than one only for pipelined requests. */
  active: number;
  /** The response to the newest request, while it is not over. */
  newest: ServerResponse | null;
  /** The response that was told to say `Connection: close`. */
  last: ServerResponse | null;
  /** Bytes read when it was last looked at: more means that a request is arriving. */
  bytesSeen: number;
}

/** Marks a response that has been seen: a handler of `checkContinue` passes it on as a `request`. */
const seen = Symbol('lastcall.seen');

export class Http1 {
  readonly #tracker: Tracker;
  readonly #rules: FrontRules;
  readonly #peers = new Map<Socket, Peer>();

  constructor(tracker: Tracker, rules: FrontRules) {
    this.#tracker = tracker;
    this.#rules = rules;
  }

  /** Watches `request`, `checkContinue` and `checkExpectation`. */
  readonly request = (
    request: IncomingMessage,
    response: ServerResponse & ExchangeCarrier & { [seen]?: true },
  ): boolean => {
    // HTTP/2 shows its streams as requests too, when they have been counted.
    if (request.httpVersionMajor > 1 || response[seen]) return false;
    response[seen] = true;
    const peer = this.#peerOf(request.socket);
    if (this.#tracker.mode !== 'serving' && !this.#makeLast(peer, response)) return true;
    const path = pathOf(request.url ?? '/');
    const answer = this.#rules.answer(path);
    if (answer) return this.#answer(peer, request, response, answer);
    const exchange = new Http1Exchange(exchangeId(request.method ?? 'GET', path), request, response);
    if (!this.#tracker.accept(exchange)) return this.#refuse(peer, request, response);
    response[exchangeOf] = exchange;
    this.#begin(peer, response, () => this.#tracker.settle(exchange, response.writableFinished));
    return false;
  };

  /** Watches `upgrade` and `connect`. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex & ExchangeCarrier): boolean => {
    const path = pathOf(request.url ?? '/');
    const exchange = new UpgradeExchange(exchangeId(`${request.method ?? 'GET'} (upgrade)`, path), request, socket);
    if (!this.#tracker.accept(exchange)) {
      if (this.#rules.refuse(path) === 'close') socket.destroy();
      else refuseUpgrade(socket);
      return true;
    }
    socket[exchangeOf] = exchange;
    const peer = this.#peers.get(request.socket);
    if (peer) peer.active++;
    socket.once('close', () => this.#tracker.settle(exchange, true));
    return false;
  };

  /** Answers already begun get their `Connection: close` where there still is time. */
  announce(): void {
    for (const peer of this.#peers.values()) if (peer.newest) this.#makeLast(peer, peer.newest);
  }

  /** Closes connections that are idle now, and looks at the others again later. */
  sweep(): void {
    // After the poll phase: what the kernel holds has been read then, so a request that has arrived is not cut.
    setImmediate(() => {
      for (const peer of this.#peers.values()) this.#closeIfIdle(peer);
    });
  }

  /** Cuts every connection that was seen. */
  destroy(): void {
    for (const { socket } of this.#peers.values()) socket.destroy();
  }

  get connections(): number {
    return this.#peers.size;
  }

  #peerOf(socket: Socket): Peer {
    let peer = this.#peers.get(socket);
    if (!peer) {
      peer = { socket, active: 0, newest: null, last: null, bytesSeen: 0 };
      this.#peers.set(socket, peer);
      socket.once('close', () => this.#peers.delete(socket));
    }
    return peer;
  }

  #begin(peer: Peer, response: ServerResponse, over: () => void): void {
    peer.active++;
    peer.newest = response;
    response.on('close', () => {
      peer.active--;
      if (peer.newest === response) peer.newest = null;
      peer.bytesSeen = peer.socket.bytesRead;
      over();
      if (this.#tracker.mode === 'refusing') setImmediate(() => this.#closeIfIdle(peer));
    });
  }

  #refuse(peer: Peer, request: IncomingMessage, response: ServerResponse): true {
    if (this.#rules.refuse(pathOf(request.url ?? '/')) === 'close') {
      // An answer before it on the same connection is still owed.
      if (peer.active === 0) request.socket.destroy();
      return true;
    }
    if (peer.last !== response) this.#makeLast(peer, response);
    return this.#answer(peer, request, response, REFUSAL);
  }

  #answer(peer: Peer, request: IncomingMessage, response: ServerResponse, answer: Answer): true {
    const over = this.#tracker.courtesy();
    this.#begin(peer, response, over);
    answerHttp1(request, response, answer, peer.last === response ? 'close' : 'keep-alive');
    return true;
  }

  /**
   * This answer is to be the connection's last. Of pipelined requests only the newest may say so, since Node drops what
   * follows such an answer.
   * @returns `false` if an answer that is on its way has said it: then this one cannot be delivered
   */
  #makeLast(peer: Peer, response: ServerResponse): boolean {
    const { last } = peer;
    if (last && last !== response && last === peer.newest) {
      if (last.headersSent) return false;
      last.removeHeader('connection');
    }
    if (!response.headersSent) {
      response.setHeader('connection', 'close');
      peer.last = response;
    }
    return true;
  }

  #closeIfIdle(peer: Peer): void {
    const { socket } = peer;
    if (peer.active > 0) return;
    if (socket.bytesRead === peer.bytesSeen) socket.destroySoon();
    else peer.bytesSeen = socket.bytesRead;
  }
}

class Http1Exchange implements Exchange {
  readonly id: string;
  booked: Booking | null = null;
  readonly response: ServerResponse;
  readonly #request: IncomingMessage;

  constructor(id: string, request: IncomingMessage, response: ServerResponse) {
    this.id = id;
    this.response = response;
    this.#request = request;
  }

  get method(): string {
    return this.#request.method ?? 'GET';
  }
  get url(): string {
    return this.#request.url ?? '/';
  }
  get headers(): IncomingMessage['headers'] {
    return this.#request.headers;
  }
  get socket(): Socket {
    return this.#request.socket;
  }

  kind(): ExchangeKind {
    // Headers given to writeHead() are not kept by the response; what an EventSource asks for says it as well.
    const type = this.response.getHeader('content-type') ?? this.headers.accept;
    return isEventStream(type) ? 'events' : 'request';
  }
}

class UpgradeExchange implements Exchange {
  readonly id: string;
  booked: Booking | null = null;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly socket: Duplex;
  readonly response = null;

  constructor(id: string, request: IncomingMessage, socket: Duplex) {
    this.id = id;
    this.method = request.method ?? 'GET';
    this.url = request.url ?? '/';
    this.headers = request.headers;
    this.socket = socket;
  }

  kind(): ExchangeKind {
    return 'upgrade';
  }
}

/** @param type value of a Content-Type or Accept header */
export function isEventStream(type: unknown): boolean {
  return typeof type === 'string' && type.startsWith('text/event-stream');
}
