// The load: requests are due at a constant rate whatever the target does, so that a stall counts for each request that it
// delays (no coordinated omission). Bounded in rate and in what is under way; what is over the bound is counted as unsent.
import type { Random } from '../../base/random.ts';
import { Pool } from './pool.ts';
import { exchangeOf, isIdempotent, requestBytes, type RequestShape } from './requests.ts';
import { eventStreams, type OpenStream, type Stream, webSockets } from './streams.ts';
import { type Address, type ClientKind, newRecord, type RequestEnd, type RequestRecord } from './types.ts';

export interface LoadOptions {
  readonly address: Address;
  /** Requests a second; 0 = only streams. */
  readonly rate: number;
  /** Kinds of clients by weight. */
  readonly clients: ReadonlyMap<ClientKind, number>;
  readonly shape: RequestShape;
  /** Line that is sent instead of HTTP, or null. */
  readonly line: string | null;
  readonly timeoutMs: number;
  readonly streams: {
    readonly count: number;
    readonly sse: string | null;
    readonly ws: string | null;
    readonly message: string;
  };
  /** Begins every id. */
  readonly mark: string;
  readonly random: Random;
}

/** Requests under way at once; beyond it a target that stands still would fill our memory. */
const IN_FLIGHT_MAX = 2_000;
const TICK_MS = 4;
const PIPELINE_DEPTH = 4;
const SLOW_BYTES = 512;
const STALE_RETRIES_MAX = 2;
/** A stream that is over at once must not become a storm of new ones. */
const REOPEN_MS = 100;

export class Load {
  readonly records: RequestRecord[] = [];
  /** Due, and not sent because too many were under way. */
  unsent = 0;
  readonly #options: LoadOptions;
  readonly #pool: Pool;
  readonly #open = new Set<RequestRecord>();
  readonly #streams = new Map<RequestRecord, Stream>();
  readonly #timers = new Map<RequestRecord, NodeJS.Timeout>();
  #ticker: NodeJS.Timeout | null = null;
  #nextDueMs = 0;
  #isSending = false;
  #isOver = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#pool = new Pool(options.address, options.line === null ? 'http' : 'lines');
  }

  /** Requests and streams under way. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** Requests under way, without streams that stay open anyway. */
  get shortInFlight(): number {
    return this.#open.size - this.#streams.size;
  }

  get idleConnections(): number {
    return this.#pool.idle;
  }

  start(): void {
    this.#isSending = true;
    this.#nextDueMs = performance.now();
    if (this.#options.rate > 0) this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    const { count, sse, ws, message } = this.#options.streams;
    const { address, shape } = this.#options;
    for (let index = 0; index < count; index++) {
      if (sse !== null) this.#stream('sse', eventStreams(address, { ...shape, path: sse }));
      if (ws !== null) this.#stream('ws', webSockets(webSocketUrl(address, ws), message));
    }
  }

  /** Sends nothing new from now on; what is under way goes on. */
  pause(): void {
    this.#isSending = false;
    if (this.#ticker) clearInterval(this.#ticker);
    this.#ticker = null;
  }

  /** Ends everything; what is still under way has no end. */
  stop(): void {
    this.pause();
    this.#isOver = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#pool.close();
    for (const stream of this.#streams.values()) stream.abandon();
  }

  #tick(): void {
    const nowMs = performance.now();
    const everyMs = 1_000 / this.#options.rate;
    while (this.#isSending && this.#nextDueMs <= nowMs) {
      const kind = this.#draw();
      const size = kind === 'pipelined' ? PIPELINE_DEPTH : 1;
      if (this.#open.size + size > IN_FLIGHT_MAX) this.unsent += size;
      else this.#send(kind, this.#nextDueMs);
      this.#nextDueMs += everyMs * size;
    }
  }

  #draw(): ClientKind {
    const { clients, random } = this.#options;
    let place = random.next() * [...clients.values()].reduce((sum, weight) => sum + weight, 0);
    for (const [kind, weight] of clients) {
      place -= weight;
      if (place < 0) return kind;
    }
    return [...clients.keys()].at(-1)!;
  }

  #send(kind: ClientKind, dueMs: number): void {
    if (kind !== 'pipelined') return this.#sendOne(this.#begin(kind, dueMs));
    const connection = this.#pool.open({ keep: false, slowBytes: 0 });
    for (let index = 0; index < PIPELINE_DEPTH; index++) this.#sendOne(this.#begin(kind, dueMs), connection);
  }

  #sendOne(record: RequestRecord, given?: ReturnType<Pool['take']>): void {
    const { shape, line } = this.#options;
    const keeps = record.client === 'keep-alive' || record.client === 'tcp';
    const slowBytes = record.client === 'slow' ? SLOW_BYTES : 0;
    const connection = given ?? (keeps ? this.#pool.take() : this.#pool.open({ keep: false, slowBytes }));
    const closes = record.client === 'new' || record.client === 'slow';
    const bytes = line === null ? requestBytes(shape, record.id, closes) : line.replaceAll('{id}', record.id);
    record.resentMs = performance.now();
    record.sentMs ??= record.resentMs;
    record.reused = connection.used;
    const mayRetry = line === null && isIdempotent(shape.method);
    const exchange = exchangeOf(record, { method: shape.method, bytes }, (end) => {
      if (end === 'stale' && mayRetry && record.retries < STALE_RETRIES_MAX && !this.#isOver) {
        record.retries += 1;
        // On a connection of its own: another idle one might be closed at this very moment as well.
        this.#sendOne(record, this.#pool.open({ keep: true, slowBytes: 0 }));
      } else this.#end(record, end);
    });
    this.#timers.get(record)?.refresh();
    if (!this.#timers.has(record)) {
      const timer = setTimeout(() => {
        this.#end(record, 'timeout');
        connection.abandon('timeout');
      }, this.#options.timeoutMs);
      this.#timers.set(record, timer);
    }
    connection.send(exchange);
  }

  #stream(kind: 'sse' | 'ws', open: OpenStream): void {
    const record = this.#begin(kind, performance.now());
    const stream = open(record, (end) => {
      this.#streams.delete(record);
      this.#end(record, end);
      if (this.#isSending) setTimeout(() => this.#isSending && this.#stream(kind, open), REOPEN_MS);
    });
    this.#streams.set(record, stream);
  }

  #begin(kind: ClientKind, dueMs: number): RequestRecord {
    const record = newRecord(`${this.#options.mark}-${this.records.length}`, kind, dueMs);
    this.records.push(record);
    this.#open.add(record);
    return record;
  }

  #end(record: RequestRecord, end: RequestEnd): void {
    if (record.end !== null || this.#isOver) return;
    record.end = end;
    record.endMs = performance.now();
    clearTimeout(this.#timers.get(record));
    this.#timers.delete(record);
    this.#open.delete(record);
  }
}

function webSocketUrl({ host, port, tls }: Address, path: string): string {
  return `${tls ? 'wss' : 'ws'}://${host}:${port}${path}`;
}
