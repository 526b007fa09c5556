// The health port: what orchestrators, load balancers and Prometheus ask (contracts.md, "Health"), on a server of its own
// so that it answers whatever the application does.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { LastcallError, messageOf } from '../base/errors.ts';
import { pathOf, type HealthAnswer } from './health-answers.ts';
import { boundConnections } from './health-connections.ts';
import { healthRoutes, type HealthPaths, type HealthRoutes } from './health-routes.ts';
import { measureLoopLag } from './loop-lag.ts';
import type { UnitView } from './view.ts';

// Taken as it is: importing it loads all of fetch besides, ten times as long.
const { createServer } = process.getBuiltinModule('node:http');

export interface HealthServerOptions {
  /** TCP port; 0 = any free one. */
  readonly port: number;
  readonly host: string;
  readonly paths?: HealthPaths;
  readonly view: UnitView;
}

export interface HealthServer {
  /** The port that it listens on. */
  readonly port: number;
  /** Ends it; repeated calls join the first. */
  close(): Promise<void>;
}

const REQUEST_MS_MAX = 5_000;

/**
 * Serves health on a port of its own. It never keeps the process alive.
 * @throws LastcallError `io` if the port cannot be had
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const lag = measureLoopLag();
  const routes = healthRoutes(options.view, options.paths ?? {}, () => [lag.family(options.view.name)]);
  const server = createServer(
    { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX, connectionsCheckingInterval: 1_000 },
    (request, response) => answer(routes, request, response),
  );
  boundConnections(server);
  server.unref();
  server.on('connection', (socket) => socket.unref());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.host, resolve);
    });
  } catch (error) {
    lag.close();
    throw cannotListen(error, options);
  }
  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  const close = () =>
    (closed ??= new Promise<void>((resolve) => {
      lag.close();
      server.close(() => resolve());
      server.closeAllConnections();
    }));
  return { port, close };
}

function answer(routes: HealthRoutes, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain' }).end('GET or HEAD\n');
    return;
  }
  let found: HealthAnswer | null;
  try {
    found = routes(pathOf(request.url ?? '/'));
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`${messageOf(error)}\n`);
    return;
  }
  if (!found) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    return;
  }
  response.writeHead(found.status, { ...found.headers, 'content-length': String(Buffer.byteLength(found.body)) });
  response.end(request.method === 'HEAD' ? undefined : found.body);
}

function cannotListen(error: unknown, { host, port }: HealthServerOptions): LastcallError {
  const code = (error as NodeJS.ErrnoException).code;
  const taken = code === 'EADDRINUSE';
  return new LastcallError('io', {
    what: taken ? 'the health port is in use' : `the health port cannot be had (${messageOf(error)})`,
    on: `${host}:${port}`,
    todo: 'Choose another healthPort, or 0 for any free one.',
    cause: error,
  });
}
