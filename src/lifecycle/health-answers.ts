// What health endpoints answer (contracts.md, "Health"), apart from any server: the health port, drainHttp and a front
// proxy give the same answers. Liveness and readiness are kept apart: while draining a unit is alive and not ready.
import type { Phase } from './core/types.ts';
import { METRICS_CONTENT_TYPE, renderMetrics } from './metrics.ts';
import type { MetricFamily } from './types.ts';
import type { Readiness, UnitView } from './view.ts';

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

/** What may be asked, by path; null for a path that is not ours. */
export type HealthRoutes = (path: string) => HealthAnswer | null;

/** Answer of readyz and health. */
export function readinessAnswer(unit: string, phase: Phase, readiness: Readiness): HealthAnswer {
  const { ready, stage, remainingMs } = readiness;
  const body = { unit, ready, phase, stage, remainingMs: wholeMs(remainingMs) };
  if (ready) return json(200, body, {});
  return json(503, body, { 'retry-after': String(Math.max(1, Math.ceil((remainingMs ?? 0) / 1_000))) });
}

/** @param extraFamilies families to show beside the unit's own, asked for at each scrape */
export function healthRoutes(
  view: UnitView,
  paths: HealthPaths,
  extraFamilies: () => readonly MetricFamily[],
): HealthRoutes {
  const readiness = () => readinessAnswer(view.name, view.phase(), view.readiness());
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
