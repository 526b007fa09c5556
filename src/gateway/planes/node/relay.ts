// Passes an answer on to the client as it comes, with back-pressure, and ends it: by its own end, or so that nobody
// takes it for whole.
import type { IncomingHttpHeaders } from 'node:http';

import { isEventStream } from '../../../lifecycle/http/http1.ts';
import type { HeaderChanges } from '../ports.ts';
import type { ClientSide } from './client-side.ts';
import { EventStreamGuard } from './event-stream.ts';
import { answerHeaders } from './head.ts';
import type { PlaneSettings } from './options.ts';

/** A body that is larger than this is not waited for. */
const HELD_BYTES_MAX = 8 * 1_024;

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
  /** In the turn in which the head came: a small answer that is whole by its end leaves in one write. */
  #isFirstTurn = true;
  #held: Buffer | null = null;
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
    process.nextTick(endFirstTurn, this);
  }

  /** What there is of the answer goes out, be it only the head. */
  endFirstTurn(): void {
    this.#isFirstTurn = false;
    const { response } = this.#client;
    if (response.writableEnded || response.destroyed) return;
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#write(held);
    else if (this.bytes === 0) response.flushHeaders();
  }

  /** `false`: the client has enough for now; `resume` is called when it takes more. */
  data(chunk: Buffer): boolean {
    this.bytes += chunk.length;
    if (this.#isFirstTurn && this.#events === null && this.#held === null && chunk.length <= HELD_BYTES_MAX) {
      this.#held = chunk;
      return true;
    }
    if (this.#held !== null) this.endFirstTurn();
    const passed = this.#events ? this.#events.take(chunk) : chunk;
    return passed === null || this.#write(passed);
  }

  #write(chunk: Buffer): boolean {
    const { response } = this.#client;
    if (response.write(chunk)) return true;
    this.#timer = setTimeout(() => this.#owner.stalled(), this.#settings.readerIdleMsMax).unref();
    response.once('drain', () => {
      clearTimeout(this.#timer);
      this.#owner.resume();
    });
    return false;
  }

  end(trailers: IncomingHttpHeaders): void {
    const { response } = this.#client;
    for (const name in trailers) response.addTrailers({ [name]: String(trailers[name]) });
    const rest = this.#held ?? this.#events?.flush();
    this.#held = null;
    // As text, Node joins it with the head: one write, and a tenth more answers per CPU second.
    if (rest) response.end(rest.toString('latin1'), 'latin1');
    else response.end();
  }

  /** @param problem told as the last event of a stream of events; any other answer is reset */
  cut(problem: object): void {
    this.#held = null;
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

function endFirstTurn(relay: Relay): void {
  relay.endFirstTurn();
}
