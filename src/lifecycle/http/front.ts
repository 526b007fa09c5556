// What stands between a server and its application while the server belongs to a unit: it watches the server's events,
// leads each request to the protocol it came by, and knows every connection, down to those that never sent a byte.
import type { Socket } from 'node:net';

import { LastcallError } from '../../base/errors.ts';
import type { Unit } from '../types.ts';
import { Http1 } from './http1.ts';
import { Http2 } from './http2.ts';
import type { FrontRules } from './rules.ts';
import { watch, type HttpServer, type Watchers } from './server.ts';
import { findSiblings } from './siblings.ts';
import { Tracker, type OpenExchange } from './tracker.ts';

/** Servers that belong to a unit, each to one. */
const taken = new WeakMap<HttpServer, Front>();

/** How long the last frames of HTTP/2 sessions may take. */
const LAST_FRAMES_MS_MAX = 250;

export class Front {
  readonly #unit: Unit;
  readonly #tracker: Tracker;
  readonly #http1: Http1;
  readonly #http2: Http2;
  readonly #sockets = new Set<Socket>();
  /** How to stop watching each server: the one that was given, then others of the same application. */
  readonly #servers = new Map<HttpServer, () => void>();
  readonly #stopFindingSiblings: () => void;
  readonly #announce = () => {
    this.#tracker.mode = 'closing';
    this.#http1.announce();
  };

  constructor(server: HttpServer, unit: Unit, rules: FrontRules) {
    takeOver(server);
    this.#unit = unit;
    this.#tracker = new Tracker(unit.work);
    this.#http1 = new Http1(this.#tracker, rules);
    this.#http2 = new Http2(this.#tracker, rules);
    this.#adopt(server);
    this.#stopFindingSiblings = findSiblings(server, (sibling) => {
      if (!taken.has(sibling)) this.#adopt(sibling);
    });
    if (server.listening) unit.listening();
    if (unit.stopRequested.aborted) this.#announce();
    else unit.stopRequested.addEventListener('abort', this.#announce, { once: true });
  }

  status(): Record<string, number> {
    return {
      connections: Math.max(this.#sockets.size, this.#http1.connections + this.#http2.connections),
      inFlight: this.#tracker.inFlight.size,
      refused: this.#tracker.refused,
      abandoned: this.#tracker.abandoned,
    };
  }

  /**
   * Intake: no new connections, and no new requests on those that there are. Whoever had connected or sent by then, and
   * is still waiting in the kernel, gets an answer rather than a reset.
   */
  async refuse(): Promise<void> {
    this.#tracker.mode = 'refusing';
    await loopTurn();
    for (const server of this.#servers.keys()) stopListening(server);
    await loopTurn();
    this.#http2.refuse();
    this.sweep();
  }

  /** Closes what is idle. */
  sweep(): void {
    this.#http1.sweep();
    this.#http2.sweep();
  }

  openExchanges(): readonly OpenExchange[] {
    const open: OpenExchange[] = [];
    for (const exchange of this.#tracker.inFlight) {
      const kind = exchange.kind();
      if (kind === 'request') continue;
      const { id, method, url, headers, socket, response } = exchange;
      open.push({ id, kind, method, url, headers, socket, response });
    }
    return open;
  }

  /** Settles when nothing is in flight. */
  quiet(signal: AbortSignal): Promise<void> {
    return this.#tracker.quiet(signal);
  }

  /** With nothing in flight: lets sessions end, then cuts whoever is connected and asks for nothing. */
  async closeConnections(signal: AbortSignal): Promise<void> {
    await loopTurn();
    await this.#tracker.quiet(signal);
    if (this.#http2.connections > 0) {
      await this.#http2.closed(AbortSignal.any([signal, AbortSignal.timeout(LAST_FRAMES_MS_MAX)]));
    }
    this.#destroyConnections();
  }

  /** Books and cuts what is left, and gives the server back to the application. Idempotent. */
  release(): void {
    this.#tracker.giveUp();
    this.#destroyConnections();
    for (const server of this.letGoAll()) {
      if ('closeAllConnections' in server) server.closeAllConnections();
      // Listening ended before; this ends what else the server keeps, such as its timer for slow requests.
      server.close(() => {});
    }
  }

  #adopt(server: HttpServer): void {
    const watchers: Watchers = {
      request: this.#http1.request,
      checkContinue: this.#http1.request,
      checkExpectation: this.#http1.request,
      upgrade: this.#http1.upgrade,
      connect: this.#http1.upgrade,
      session: this.#http2.session,
      stream: this.#http2.stream,
      connection: (socket: Socket) => this.#connected(socket),
      listening: () => this.#listening(server),
    };
    this.#servers.set(server, watch(server, watchers));
    taken.set(server, this);
    if (this.#tracker.mode === 'refusing') stopListening(server);
  }

  /** The server that was given, not one that was found beside it. */
  isMainFor(server: HttpServer): boolean {
    return this.#servers.keys().next().value === server;
  }

  /** Stops watching: what comes now is the application's own. @returns the servers that were watched */
  letGoAll(): readonly HttpServer[] {
    this.#unit.stopRequested.removeEventListener('abort', this.#announce);
    this.#stopFindingSiblings();
    const servers = [...this.#servers.keys()];
    for (const server of servers) this.letGo(server);
    return servers;
  }

  /** Stops watching one. */
  letGo(server: HttpServer): void {
    this.#servers.get(server)?.();
    this.#servers.delete(server);
    taken.delete(server);
  }

  #connected(socket: Socket): boolean {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return false;
  }

  #listening(server: HttpServer): boolean {
    // A start-up that was overtaken by the ending.
    if (this.#tracker.mode === 'refusing') stopListening(server);
    else this.#unit.listening();
    return false;
  }

  #destroyConnections(): void {
    this.#http1.destroy();
    this.#http2.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Everything that has arrived by now is read when this settles: from wherever it is called, a poll lies between. */
async function loopTurn(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}

/**
 * Only that: the server's own close() would cut answers that are still being sent (http1.ts). The module was loaded by
 * whoever made the server, so an import of it would only cost those who have none.
 */
function stopListening(server: HttpServer): void {
  if (server.listening) process.getBuiltinModule('node:net').Server.prototype.close.call(server);
}

/** A server that was only found beside another one becomes one in its own right. */
function takeOver(server: HttpServer): void {
  const owner = taken.get(server);
  if (!owner) return;
  if (!owner.isMainFor(server)) return owner.letGo(server);
  throw new LastcallError('usage', {
    what: 'this server belongs to a unit already',
    on: 'drainHttp',
    todo: 'Use drainHttp once for each server.',
  });
}
