// Passes an answer on to the client as it comes, with back-pressure, and ends it: by its own end, or so that nobody
// takes it for whole.
import type { IncomingHttpHeaders } from 'node:http';

import { isEventStream } from '../../../lifecycle/http/http1.ts';
import type { HeaderChanges } from '../ports.ts';
import type { ClientSide } from './client-side.ts';
import { EventStreamGuard } from './event-stream.ts';
import { answerHeaders } from './head.ts';
import type { PlaneSettings } from './options.ts';

export interface RelayOwner {
  /** The client takes more. */
  resume(): void;
  /** The client has not taken what there is for `readerIdleMsMax`. */
  stalled(): void;
}

export class Relay {
  /** Bytes of the body that came from the instance. */
  bytes = 0;
  status: number | null = null;
  readonly #client: ClientSide;
  readonly #settings: PlaneSettings;
  readonly #owner: RelayOwner;
  #events: EventStreamGuard | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: ClientSide, settings: PlaneSettings, owner: RelayOwner) {
    this.#client = client;
    this.#settings = settings;
    this.#owner = owner;
  }

  get isEventStream(): boolean {
    return this.#events !== null;
  }

  /** @throws Error if the instance's head cannot be sent to anybody */
  head(status: number, message: string, headers: IncomingHttpHeaders, changes: HeaderChanges | null): void {
    this.status = status;
    if (isEventStream(headers['content-type']) && isPlainStream(headers)) this.#events = new EventStreamGuard();
    this.#client.writeHead(status, message, answerHeaders(headers, this.#settings.via, changes));
    // Usually the body comes in the same turn, and head and body leave in one packet.
    process.nextTick(flushHead, this);
  }

  /** The head goes out although nothing follows yet. */
  flushHead(): void {
    const { response } = this.#client;
    if (this.bytes === 0 && !response.writableEnded && !response.destroyed) response.flushHeaders();
  }

  /** `false`: the client has enough for now; `resume` is called when it takes more. */
  data(chunk: Buffer): boolean {
    this.bytes += chunk.length;
    const { response } = this.#client;
    const passed = this.#events ? this.#events.take(chunk) : chunk;
    if (passed === null || response.write(passed)) return true;
    this.#timer = setTimeout(() => this.#owner.stalled(), this.#settings.readerIdleMsMax).unref();
    response.once('drain', () => {
      clearTimeout(this.#timer);
      this.#owner.resume();
    });
    return false;
  }

  end(trailers: IncomingHttpHeaders): void {
    const { response } = this.#client;
    const rest = this.#events?.flush();
    if (rest) response.write(rest);
    for (const name in trailers) response.addTrailers({ [name]: String(trailers[name]) });
    response.end();
  }

  /** @param problem told as the last event of a stream of events; any other answer is reset */
  cut(problem: object): void {
    const terminal = this.#events?.terminal(problem);
    if (terminal) this.#client.response.end(terminal);
    else this.#client.reset('cut');
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

/** An event can be added to it. */
function isPlainStream(headers: IncomingHttpHeaders): boolean {
  return headers['content-encoding'] === undefined && headers['content-length'] === undefined;
}

function flushHead(relay: Relay): void {
  relay.flushHead();
}
