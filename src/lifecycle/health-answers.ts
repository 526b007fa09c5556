// Answers to the questions whether a unit is alive and ready (contracts.md, "Health"), apart from any server: the health
// port, drainHttp and a front proxy give the same ones.
import type { Phase } from './core/types.ts';
import type { Readiness } from './view.ts';

export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answer of readyz and health. */
export function readinessAnswer(unit: string, phase: Phase, readiness: Readiness): HealthAnswer {
  const { ready, stage, remainingMs } = readiness;
  const body = { unit, ready, phase, stage, remainingMs: wholeMs(remainingMs) };
  if (ready) return json(200, body, {});
  return json(503, body, { 'retry-after': String(Math.max(1, Math.ceil((remainingMs ?? 0) / 1_000))) });
}

/** A request target without its query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/** An answer that is never kept by a cache. */
export function json(status: 200 | 503, body: unknown, headers: Readonly<Record<string, string>>): HealthAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: `${JSON.stringify(body)}\n`,
  };
}

function wholeMs(ms: number | null): number | null {
  return ms === null ? null : Math.max(0, Math.round(ms));
}
