// The servers that can be drained, and the one place where their events are watched. Node has no hook before the
// application's own listeners, so `emit` of that one server object is wrapped while it belongs to a unit, and put back
// afterwards; prototypes, sockets and responses stay as they are.
import type { Server as PlainServer } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server as SecureServer } from 'node:https';

import { LastcallError } from '../../base/errors.ts';

/** What `http`, `https` and `http2` create, and so what Express, Fastify, Koa, Nest and Hono listen with. */
export type HttpServer = PlainServer | SecureServer | Http2Server | Http2SecureServer;

/** What is done with an event before the application sees it: `true` = it has been dealt with. */
export type Watcher = (first: never, second: never) => boolean;

/** Watchers by event name. */
export type Watchers = Readonly<Partial<Record<string, Watcher>>>;

type Emit = (...args: [event: string | symbol, ...unknown[]]) => boolean;

/** Returns how to stop watching. */
export function watch(server: HttpServer, watchers: Watchers): () => void {
  const target = server as unknown as { emit: Emit };
  const wasOwn = Object.hasOwn(target, 'emit');
  const before = target.emit;
  const byName = new Map(Object.entries(watchers)) as Map<string | symbol, Watcher>;
  const emit: Emit = function (this: unknown, ...args) {
    const watcher = byName.get(args[0]);
    if (watcher?.(args[1] as never, args[2] as never) === true) return true;
    return Reflect.apply(before, this, args);
  };
  target.emit = emit;
  return () => {
    byName.clear();
    // Somebody may have wrapped ours meanwhile; then it stays in the chain and does nothing.
    if (target.emit !== emit) return;
    if (wasOwn) target.emit = before;
    else Reflect.deleteProperty(target, 'emit');
  };
}

/** @throws LastcallError `usage` if this is not a server of node:http, node:https or node:http2 */
export function assertServer(server: unknown): asserts server is HttpServer {
  const candidate = server as Partial<PlainServer> & { server?: unknown };
  const isObject = typeof server === 'object' && server !== null;
  if (
    isObject &&
    typeof candidate.emit === 'function' &&
    typeof candidate.close === 'function' &&
    'listening' in server
  )
    return;
  const inside = (typeof server === 'object' || typeof server === 'function') && server && 'server' in server;
  throw new LastcallError('usage', {
    what: 'this is not an http, https or http2 server',
    on: 'drainHttp',
    todo: inside
      ? 'Pass its server: drainHttp(app.server, …).'
      : 'Pass what http.createServer() or app.listen() returned; for Fastify app.server.',
  });
}
