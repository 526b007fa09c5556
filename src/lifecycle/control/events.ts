// `GET /events`: what a unit tells, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
// The first event is `status`, so that a listener starts from a known state and misses nothing between.
import type { ServerResponse } from 'node:http';

import type { UnitView } from '../view.ts';

/** Listeners at once. */
const LISTENERS_MAX = 16;
/** A listener that lets this many bytes pile up is cut; it may connect again and starts from `status`. */
const QUEUE_BYTES_MAX = 1024 * 1024;
/** A comment now and then shows a listener that the unit lives. */
const PING_EVERY_MS = 15_000;

export class EventStreams {
  readonly #view: UnitView;
  readonly #responses = new Set<ServerResponse>();

  constructor(view: UnitView) {
    this.#view = view;
  }

  /** `false`: too many listen already. */
  add(response: ServerResponse): boolean {
    if (this.#responses.size >= LISTENERS_MAX) return false;
    this.#responses.add(response);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    let id = 0;
    const send = (event: string, data: unknown) => {
      if (response.writableLength > QUEUE_BYTES_MAX) response.destroy();
      else response.write(`id: ${++id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    send('status', { event: 'status', status: this.#view.status() });
    const stopListening = this.#view.on((event) => send(event.event, event));
    const ping = setInterval(() => response.write(': alive\n\n'), PING_EVERY_MS);
    ping.unref();
    response.on('close', () => {
      clearInterval(ping);
      stopListening();
      this.#responses.delete(response);
    });
    return true;
  }

  /** Says goodbye to all listeners. */
  close(): void {
    for (const response of this.#responses) response.end();
  }
}
