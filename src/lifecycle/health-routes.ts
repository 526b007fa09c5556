// What may be asked of a unit's health, and under which paths (contracts.md, "Health"). Liveness and readiness are kept
// apart: while draining a unit is alive and not ready.
import { json, readinessAnswer, type HealthAnswer } from './health-answers.ts';
import { METRICS_CONTENT_TYPE, renderMetrics } from './metrics-text.ts';
import type { MetricFamily } from './types.ts';
import type { UnitView } from './view.ts';

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

/** What may be asked, by path; null for a path that is not ours. */
export type HealthRoutes = (path: string) => HealthAnswer | null;

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
