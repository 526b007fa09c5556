// One connection of a client: requests go out in order, answers come back in order, and when the connection ends each
// request that was under way learns how: before any byte of its answer, inside it, or never connected at all.
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type AnswerParser, type Head, HttpParser, LineParser } from './response.ts';
import type { Address, RequestEnd } from './types.ts';

/** A request on its way. */
export interface Exchange {
  readonly method: string;
  /** As it goes over the wire. */
  readonly bytes: string | Buffer;
  /** The first byte of the answer is there. */
  began(head: Head): void;
  /** Called once. */
  ended(end: RequestEnd): void;
}

interface Waiting extends Exchange {
  readonly sentAtMs: number;
  /** The loop has turned since, so a close that was there before would have been seen. */
  isOut: boolean;
}

export interface ConnectionOptions {
  readonly protocol: 'http' | 'lines';
  /** Read this many bytes a turn with a pause between; 0 = as fast as they come. */
  readonly slowBytes: number;
  /** An idle connection that may carry another request. */
  readonly idle: (connection: Connection) => void;
  readonly connected?: () => void;
  readonly closed: (connection: Connection) => void;
}

/** A close may be under way for so long; on this machine it is there at the next turn of the loop. */
const CROSSING_MS = 50;
const LOOPBACK = /^(localhost|127\.|::1)/;
const SLOW_PAUSE_MS = 20;

export class Connection {
  /** It has carried an answer. */
  used = false;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #parser: AnswerParser;
  readonly #waiting: Waiting[] = [];
  readonly #isLocal: boolean;
  #isConnected = false;
  #isInside = false;
  #isGarbage = false;
  #isOver = false;

  constructor(address: Address, options: ConnectionOptions) {
    this.#options = options;
    this.#isLocal = LOOPBACK.test(address.host);
    const events = { head: (head: Head) => this.#began(head), end: (keepsOpen: boolean) => this.#answered(keepsOpen) };
    this.#parser =
      options.protocol === 'http'
        ? new HttpParser(events, () => this.#waiting[0]?.method ?? 'GET')
        : new LineParser(events);
    const place = { host: address.host, port: address.port, noDelay: true };
    const slow = options.slowBytes > 0 ? { onread: this.#slowly(options.slowBytes) } : {};
    // A drill talks to test systems, whose certificates nobody else trusts.
    this.#socket = address.tls
      ? connectTls({ ...place, ...slow, rejectUnauthorized: false, servername: address.host })
      : connectTcp({ ...place, ...slow });
    this.#socket.once(address.tls ? 'secureConnect' : 'connect', () => {
      this.#isConnected = true;
      options.connected?.();
    });
    if (options.slowBytes === 0) this.#socket.on('data', (bytes: Buffer) => this.#feed(bytes));
    this.#socket.once('end', () => this.#parser.close());
    this.#socket.once('error', (error: NodeJS.ErrnoException) => this.#over(error.code));
    this.#socket.once('close', () => this.#over(undefined));
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#socket.destroyed && !this.#socket.readableEnded;
  }

  send(exchange: Exchange): void {
    const waiting = { ...exchange, sentAtMs: performance.now(), isOut: false };
    this.#waiting.push(waiting);
    this.#socket.write(exchange.bytes);
    // A close that was there before the request is read at the next turn; whatever comes later is an answer to it.
    setImmediate(() => setImmediate(() => (waiting.isOut = true)));
  }

  /** Ends it from our side; what is under way ends with `end`. */
  abandon(end: RequestEnd): void {
    this.#finishAll(() => end);
    this.#socket.destroy();
  }

  #slowly(bytes: number): { buffer: Buffer; callback: (length: number, buffer: Uint8Array) => boolean } {
    const buffer = Buffer.alloc(bytes);
    return {
      buffer,
      callback: (length) => {
        this.#feed(Buffer.from(buffer.subarray(0, length)));
        setTimeout(() => this.#socket.resume(), SLOW_PAUSE_MS);
        return false;
      },
    };
  }

  #feed(bytes: Buffer): void {
    this.#isInside ||= this.#waiting.length > 0;
    try {
      this.#parser.feed(bytes);
    } catch {
      this.#isGarbage = true;
      this.#finishAll(() => 'garbage');
      this.#socket.destroy();
    }
  }

  #began(head: Head): void {
    this.#isInside = true;
    const first = this.#waiting[0];
    // An answer that nobody asked for.
    if (!first) throw new Error('an answer without a request');
    first.began(head);
  }

  #answered(keepsOpen: boolean): void {
    // Bytes of the next answer that came with the last of this one say themselves that they are there.
    this.#isInside = false;
    this.used = true;
    this.#waiting.shift()?.ended('answered');
    if (!keepsOpen) {
      // It said so: what was sent behind is not looked at, and may be sent again (RFC 9112, 9.6).
      this.#finishAll(() => 'stale');
      this.#socket.end();
    }
    if (keepsOpen && this.#waiting.length === 0 && this.isOpen) this.#options.idle(this);
  }

  #over(code: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const first = this.#waiting[0];
    this.#finishAll((exchange) => {
      if (this.#isInside && exchange === first) return 'truncated';
      if (!this.#isConnected) return code === 'ECONNREFUSED' ? 'refused' : 'reset';
      return this.used && this.#hasCrossed(exchange) ? 'stale' : 'reset';
    });
    this.#socket.destroy();
    this.#options.closed(this);
  }

  /** Whether the connection was closed before the other side can have seen this request. */
  #hasCrossed({ isOut, sentAtMs }: Waiting): boolean {
    return performance.now() - sentAtMs < CROSSING_MS && !(this.#isLocal && isOut);
  }

  #finishAll(endOf: (exchange: Waiting) => RequestEnd): void {
    for (const exchange of this.#waiting.splice(0)) exchange.ended(this.#isGarbage ? 'garbage' : endOf(exchange));
  }
}
