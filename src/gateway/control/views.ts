// Routes, instances and models as the admin API and the commands show them.
import { rfc3339 } from '../../base/clock.ts';
import type { RouteRules } from '../config/compile.ts';
import type { GatewayState, Instance, ModelState, RouteConfig } from '../core/types.ts';
import type { Upstream } from '../planes/ports.ts';

export interface InstanceView {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly url: string;
  readonly source: string;
  readonly state: string;
  readonly since: string;
  readonly inFlight: number;
  readonly streams: number;
  readonly waiting: number;
  readonly weight: number;
  readonly ejections: number;
  readonly drain: {
    readonly cause: string;
    readonly sessionsForMs: number;
    readonly requestsForMs: number | null;
    readonly streamsForMs: number | null;
  } | null;
  readonly connections: number;
}

export function instanceView(
  instance: Instance,
  upstream: Upstream | undefined,
  nowMs: number,
  wallMs: number,
): InstanceView {
  const { id, url, source, state, inFlight, streams, weight, ejections, drain, pool } = instance;
  const left = (untilMs: number) => (Number.isFinite(untilMs) ? Math.max(0, untilMs - nowMs) : null);
  return {
    id,
    model: pool.model,
    version: pool.version,
    url,
    source,
    state,
    since: rfc3339(wallMs - (nowMs - instance.sinceMs)),
    inFlight,
    streams,
    waiting: pool.waiting.length,
    weight,
    ejections,
    drain: drain && {
      cause: drain.cause,
      sessionsForMs: left(drain.sessionsUntilMs) ?? 0,
      requestsForMs: left(drain.requestsUntilMs),
      streamsForMs: left(drain.streamsUntilMs),
    },
    connections: upstream?.open.connections ?? 0,
  };
}

export function routeView(route: RouteConfig, rules: RouteRules | undefined): Record<string, unknown> {
  const { name, hosts, path, exact, methods, model, version } = route;
  return {
    name,
    hosts,
    path,
    exact,
    methods,
    headers: route.headers.map((header) => header.name),
    model,
    version,
    rateLimit: rules?.rateLimit ?? null,
    whenDraining: rules?.whenDraining ?? 'answer',
  };
}

/** States of a version as they are shown everywhere (contracts.md, "Model states"). */
export type VersionState = 'pending' | 'running' | 'updating' | 'failed' | 'active' | 'terminated';

export function modelView(
  model: ModelState,
  rollout: { to: string; phase: string } | undefined,
): Record<string, unknown> {
  const versions = [...model.pools.values()].map((pool) => ({
    version: pool.version,
    weight: model.weights.get(pool.version) ?? 0,
    state: versionState(model, pool.version, rollout),
    instances: pool.instances.size,
    ready: pool.ready.length,
    waiting: pool.waiting.length,
    draining: pool.draining !== 'no',
  }));
  return { name: model.config.name, balance: model.config.balance, sessions: model.sessions.size, versions };
}

function versionState(
  model: ModelState,
  version: string,
  rollout: { to: string; phase: string } | undefined,
): VersionState {
  const pool = model.pools.get(version)!;
  if (pool.draining !== 'no') return 'terminated';
  if (rollout?.to === version) {
    if (rollout.phase === 'running' || rollout.phase === 'paused') return 'updating';
    if (rollout.phase === 'aborted') return 'failed';
  }
  if (pool.ready.length === 0) return 'pending';
  return (model.weights.get(version) ?? 0) > 0 ? 'active' : 'running';
}

export function totalsView({ totals, retryTokens }: GatewayState): Record<string, number> {
  return { ...totals, retryTokens: Math.floor(retryTokens) };
}
