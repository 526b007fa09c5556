// The control socket: HTTP on a unix socket that only this user can open (contracts.md). The CLI, the server and the
// children of a unit steer and inform it through this and nothing else. Whatever comes in is bounded: connections,
// time, bodies, listeners. It never keeps the process alive.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

import type { UnitCommands, UnitView } from '../view.ts';
import { readBody } from './body.ts';
import { listenOnSocket } from './claim.ts';
import { EventStreams } from './events.ts';
import { linkSocket, prepareSocketPlace, unlinkSocket } from './path.ts';
import { problem, problemOf, type Problem } from './problem.ts';
import { findRoute } from './router.ts';
import { stopUnit, unitRoutes } from './routes.ts';

// Taken as it is: importing it loads all of fetch besides, ten times as long.
const { createServer } = process.getBuiltinModule('node:http');

export interface ControlServerOptions {
  readonly stateDir: string;
  /** Name of the unit, and of the socket. */
  readonly name: string;
  readonly view: UnitView;
  readonly commands: UnitCommands;
}

export interface ControlServer {
  /** What a child gets as LASTCALL_CONTROL. */
  readonly path: string;
  /** Tells who waits and listens that it is over, and removes the socket; repeated calls join the first. */
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 64;
const REQUEST_MS_MAX = 10_000;
/** How long close() waits for answers on their way. */
const CLOSE_MS_MAX = 200;

/**
 * Serves the control socket of a unit.
 * @throws LastcallError `fenced` if a live process serves this name already, `io` if the socket cannot be had
 */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const place = await prepareSocketPlace(options.stateDir, options.name);
  const closing = new AbortController();
  const events = new EventStreams(options.view);
  const server = createServer(
    { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX, connectionsCheckingInterval: 1_000 },
    (request, response) => void answer(options, events, closing.signal, request, response),
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.unref();
  server.on('connection', (socket) => socket.unref());
  await listenOnSocket(server, place.path, options.name);
  await linkSocket(place);
  let closed: Promise<void> | undefined;
  const close = async () => {
    closing.abort();
    events.close();
    await unlinkSocket(place);
    await closeServer(server);
  };
  return { path: place.path, close: () => (closed ??= close()) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS_MAX);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}

async function answer(
  options: ControlServerOptions,
  events: EventStreams,
  closing: AbortSignal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Connections are for one exchange each: nobody sends so many that it would matter, and none is idle at the end.
  response.setHeader('connection', 'close');
  try {
    const method = request.method ?? 'GET';
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://unit');
    if (method === 'GET' && pathname === '/events') {
      if (!events.add(response)) reply(response, problem(503, 'failed', 'too many listen already', 'Try again later.'));
      return;
    }
    const stop = {
      'POST /stop': ({ body }: { body: unknown }) => stopUnit(options.commands, body, searchParams, closing),
    };
    const tables = [stop, unitRoutes(options.view, options.commands), options.commands.routes()];
    const match = findRoute(tables, method, pathname);
    if (match.kind === 'none') {
      reply(response, problem(404, 'not_found', 'this unit has no such route', 'See lastcall status.', pathname));
    } else if (match.kind === 'method') {
      response.setHeader('allow', match.allow.join(', '));
      reply(response, problem(405, 'usage', `${method} does not go here`, `Use ${match.allow.join(', ')}.`, pathname));
    } else {
      const { status, body } = await match.handler({ params: match.params, body: await readBody(request) });
      send(response, status, body, 'application/json');
    }
  } catch (error) {
    reply(response, problemOf(error));
  }
}

function reply(response: ServerResponse, details: Problem): void {
  send(response, details.status, details, 'application/problem+json');
}

function send(response: ServerResponse, status: number, body: unknown, type: string): void {
  if (response.destroyed || response.headersSent) return;
  if (status === 204) {
    response.writeHead(204).end();
    return;
  }
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }).end(text);
}
