// Servers that an application opens beside the one that it shows. Fastify, asked for `localhost` (its default), listens
// on the second of 127.0.0.1 and ::1 with a server of its own that nobody else gets to see. Such a sibling has the same
// request listener; Node announces each request before it emits it, so the sibling is found in time for its first.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { HttpServer } from './server.ts';

const CHANNEL = 'http.server.request.start';

/** Calls `found` for each other server that runs the same request listener. Returns how to stop. */
export function findSiblings(server: HttpServer, found: (sibling: HttpServer) => void): () => void {
  const known = new WeakSet<object>([server]);
  const onRequest = (message: unknown) => {
    const { server: other } = message as { server: HttpServer };
    if (known.has(other)) return;
    known.add(other);
    const listeners = server.listeners('request');
    if (other.listeners('request').some((listener) => listeners.includes(listener))) found(other);
  };
  subscribe(CHANNEL, onRequest);
  return () => void unsubscribe(CHANNEL, onRequest);
}
