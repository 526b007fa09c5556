// Health endpoints (contracts.md, "Health"): what orchestrators, load balancers and Prometheus ask. Liveness and
// readiness are kept apart: while draining a unit is alive and not ready. The answers are made apart from the server,
// so that drainHttp and a front proxy give the same ones on ports of their own.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { LastcallError, messageOf } from '../base/errors.ts';
import { measureLoopLag } from './loop-lag.ts';
import { METRICS_CONTENT_TYPE, renderMetrics } from './metrics.ts';
import type { Readiness, UnitView } from './view.ts';
import type { MetricFamily } from './types.ts';

/** Where each thing is asked for, so that an application's own `/health` or `/metrics` need not be shadowed. */
export interface HealthPaths {
  /** 200 while the process can work, also during drain. Default `/livez`. */
  livez?: string;
  /** 200, or 503 from the first moment of announce. Default `/readyz`. */
  readyz?: string;
  /** The same as readyz, under the name that load balancers know. Default `/health`. */
  health?: string;
  /** 503 until the unit was ready once. Default `/startupz`. */
  startupz?: string;
  /** Prometheus text. Default `/metrics`. */
  metrics?: string;
}

const DEFAULT_PATHS = {
  livez: '/livez',
  readyz: '/readyz',
  health: '/health',
  startupz: '/startupz',
  metrics: '/metrics',
} as const;

export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

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

/** What may be asked, by path; null for a path that is not ours. */
export type HealthRoutes = (path: string) => HealthAnswer | null;

/** Most connections at once; a scraper or two, a kubelet and a load balancer need a dozen. */
const CONNECTIONS_MAX = 256;
const REQUEST_MS_MAX = 5_000;

/** Answer of readyz and health. */
export function readinessAnswer(view: Pick<UnitView, 'name' | 'phase'>, readiness: Readiness): HealthAnswer {
  const { ready, stage, remainingMs } = readiness;
  const body = { unit: view.name, ready, phase: view.phase(), stage, remainingMs: wholeMs(remainingMs) };
  if (ready) return json(200, body, {});
  return json(503, body, { 'retry-after': String(Math.max(1, Math.ceil((remainingMs ?? 0) / 1_000))) });
}

/** @param extraFamilies families to show beside the unit's own, asked for at each scrape */
export function healthRoutes(
  view: UnitView,
  paths: HealthPaths,
  extraFamilies: () => readonly MetricFamily[],
): HealthRoutes {
  const readiness = () => readinessAnswer(view, view.readiness());
  const answers: Record<keyof HealthPaths, () => HealthAnswer> = {
    livez: () => json(200, { unit: view.name, alive: true, phase: view.phase() }, {}),
    readyz: readiness,
    health: readiness,
    startupz: () => json(view.everReady() ? 200 : 503, { unit: view.name, started: view.everReady() }, {}),
    metrics: () => ({
      status: 200,
      headers: { 'content-type': METRICS_CONTENT_TYPE, 'cache-control': 'no-store' },
      body: renderMetrics([...view.metrics(), ...extraFamilies()]),
    }),
  };
  const byPath = new Map<string, () => HealthAnswer>();
  for (const what of Object.keys(answers) as (keyof HealthPaths)[]) {
    byPath.set(paths[what] ?? DEFAULT_PATHS[what], answers[what]);
  }
  return (path) => byPath.get(path)?.() ?? null;
}

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
  server.maxConnections = CONNECTIONS_MAX;
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

/** A request target without its query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

function json(status: 200 | 503, body: unknown, headers: Readonly<Record<string, string>>): HealthAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: `${JSON.stringify(body)}\n`,
  };
}

function wholeMs(ms: number | null): number | null {
  return ms === null ? null : Math.max(0, Math.round(ms));
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
