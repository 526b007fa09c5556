// An instance as the plane knows it: its address, its connections and what is open on them. Connections are lent to one
// request at a time, the one used last first, so that those that a quieter time needs no more become idle and close.
// With HTTP/2 there is one connection that carries all requests.
import { Client } from 'undici';

import type { OpenCounts, Upstream, UpstreamAddress } from '../ports.ts';
import { type Address, parseAddress } from './address.ts';
import type { Attempt, AttemptRequest, AttemptSink } from './attempt.ts';
import { PlainAttempt, type Upgraded } from './plain-attempt.ts';
import { UndiciAttempt, type Lender } from './undici-attempt.ts';

/** Something open on an upstream that can be ended from outside. */
export interface Cuttable {
  readonly id: string;
  readonly openKind: 'request' | 'stream' | 'upgrade';
  cut(reason: string): void;
}

/** Requests that wait for a connection, per instance; limits of the core act before. */
const WAITING_MAX = 1_024;
/** Clients that keep their place after their connection closed; more than that are let go. */
const UNCONNECTED_MAX = 64;
/** An idle connection is kept this long, unless the instance says less. */
const KEEP_ALIVE_MS = 4_000;
const STREAMS_MAX = 1_000;

export class NodeUpstream implements Upstream, Lender {
  readonly id: string;
  readonly #address: Address;
  /** It is spoken to in HTTP/2. */
  readonly isHttp2: boolean;
  readonly #connectionsMax: number;
  readonly #idle: Client[] = [];
  readonly #clients = new Set<Client>();
  readonly #waiting: ((client: Client) => void)[] = [];
  readonly #open = new Set<Cuttable>();
  readonly #whenClosed: () => void;
  #draining = false;
  #closed = false;

  /** @throws LastcallError `usage` for what is no address */
  constructor(id: string, address: UpstreamAddress, whenClosed: () => void) {
    this.id = id;
    this.#whenClosed = whenClosed;
    this.#address = parseAddress(id, address);
    this.isHttp2 = address.http2;
    this.#connectionsMax = address.connectionsMax;
  }

  get serverName(): string | null {
    return this.#address.serverName;
  }

  get open(): OpenCounts {
    const counts = { requests: 0, streams: 0, upgrades: 0, connections: this.#clients.size };
    for (const { openKind } of this.#open) {
      if (openKind === 'request') counts.requests++;
      else if (openKind === 'stream') counts.streams++;
      else counts.upgrades++;
    }
    return counts;
  }

  /** What is told of it by `open`, and ended by `cut`. */
  add(open: Cuttable): void {
    this.#open.add(open);
  }
  remove(open: Cuttable): void {
    this.#open.delete(open);
  }

  /** A request through undici. */
  send(request: AttemptRequest, sink: AttemptSink): Attempt {
    const client = this.#take();
    if (client) {
      const attempt = new UndiciAttempt(sink, client, this);
      attempt.start(request);
      return attempt;
    }
    if (this.#closed || this.#waiting.length >= WAITING_MAX) {
      const error = new Error(this.#closed ? 'the instance is gone' : 'every connection of the instance is in use');
      queueMicrotask(() => sink.failed('connect', error));
      return { resume() {}, abort() {} };
    }
    return this.#wait(request, sink);
  }

  /** A request through node:http. @param upgraded for one that asks for an upgrade */
  sendPlain(request: AttemptRequest, sink: AttemptSink, upgraded: Upgraded | null): Attempt {
    return new PlainAttempt(sink, this.#address.plain, request, upgraded);
  }

  giveBack(client: Client): void {
    if (this.isHttp2) return;
    if (this.#draining || client.destroyed) return this.#letGo(client);
    const next = this.#waiting.shift();
    if (next) next(client);
    else this.#idle.push(client);
  }

  drain(): void {
    this.#draining = true;
    for (const client of this.#idle.splice(0)) this.#letGo(client);
  }

  cut(which: 'requests' | 'streams' | 'all', reason: string): readonly string[] {
    const ids: string[] = [];
    // What is cut leaves the set; a Set's iteration bears that.
    for (const open of this.#open) {
      const isRequest = open.openKind === 'request';
      if (which !== 'all' && (which === 'requests') !== isRequest) continue;
      ids.push(open.id);
      open.cut(reason);
    }
    return ids;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.cut('all', 'the instance is gone');
    for (const client of this.#clients) this.#letGo(client);
    this.#whenClosed();
  }

  #take(): Client | null {
    if (this.#closed) return null;
    if (this.isHttp2) return this.#clients.values().next().value ?? this.#make();
    const client = this.#idle.pop();
    if (client) return client;
    return this.#clients.size < this.#connectionsMax ? this.#make() : null;
  }

  #make(): Client {
    const { origin, connect } = this.#address;
    const client = new Client(origin, {
      connect,
      allowH2: this.isHttp2,
      pipelining: this.isHttp2 ? STREAMS_MAX : 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      ...(this.isHttp2 ? { h2Options: { maxConcurrentStreams: STREAMS_MAX } } : {}),
    });
    this.#clients.add(client);
    client.on('disconnect', () => this.#disconnected(client));
    return client;
  }

  /** The connection of a client that nobody uses was closed. */
  #disconnected(client: Client): void {
    if (this.isHttp2 || this.#clients.size <= UNCONNECTED_MAX) return;
    const index = this.#idle.lastIndexOf(client);
    if (index < 0) return;
    this.#idle.splice(index, 1);
    this.#letGo(client);
  }

  #letGo(client: Client): void {
    this.#clients.delete(client);
    // What is still on it fails at once, and was told to whoever waits before.
    void client.destroy().catch(() => {});
    if (this.#waiting.length > 0 && !this.#closed) this.#waiting.shift()!(this.#make());
  }

  #wait(request: AttemptRequest, sink: AttemptSink): Attempt {
    let attempt: Attempt | null = null;
    const begin = (client: Client) => {
      clearTimeout(timer);
      const started = new UndiciAttempt(sink, client, this);
      attempt = started;
      started.start(request);
    };
    const withdraw = () => {
      clearTimeout(timer);
      const index = this.#waiting.indexOf(begin);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
    const late = () => {
      withdraw();
      sink.failed('connect', new Error('every connection of the instance is in use'));
    };
    const timer = request.firstByteMsMax > 0 ? setTimeout(late, request.firstByteMsMax).unref() : undefined;
    this.#waiting.push(begin);
    return {
      resume: () => attempt?.resume(),
      abort: () => (attempt ? attempt.abort() : withdraw()),
    };
  }
}
