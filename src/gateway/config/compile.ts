// A checked configuration as the core and the edges use it.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LastcallError, messageOf } from '../../base/errors.ts';
import { indexRoutes } from '../core/routes.ts';
import type {
  CoreConfig,
  InstanceSpec,
  ModelConfig,
  NamedRule,
  RouteConfig,
  SplitRules,
  StickyRule,
} from '../core/types.ts';
import { readRegions } from './geo/index.ts';
import { instanceId } from './instance-id.ts';
import type { AnalysisRule, GatewayFile, ModelFile, RateLimitRule, RouteFile } from './schema.ts';

/** What the edge does with the requests of a route. */
export interface RouteRules {
  readonly rateLimit: RateLimitRule | null;
  readonly whenDraining: 'answer' | 'hold' | 'close';
  readonly firstByteMsMax: number;
  readonly idleMsMax: number;
  readonly bodyBytesMax: number;
}

export interface PoolRules {
  readonly model: string;
  readonly version: string;
  readonly instances: readonly InstanceSpec[];
  readonly discover: ModelFile['versions'][string]['discover'] | null;
  /** Spoken to by HTTP/2. */
  readonly http2: boolean;
  /** Certificates that are trusted beside the system's, PEM. */
  readonly ca: string | null;
}

export interface ProbeRules {
  /** null: no active probes. */
  readonly path: string | null;
  readonly everyMs: number;
  readonly timeoutMs: number;
}

export interface CookieRules {
  readonly name: string;
  readonly secure: boolean;
  readonly sameSite: 'Lax' | 'Strict' | 'None';
  readonly maxAgeMs: number | null;
}

export interface GatewayConfig {
  readonly file: GatewayFile;
  readonly core: CoreConfig;
  /** By `MODEL/VERSION`. */
  readonly pools: ReadonlyMap<string, PoolRules>;
  readonly rules: ReadonlyMap<RouteConfig, RouteRules>;
  readonly probes: ReadonlyMap<string, ProbeRules>;
  /** By model, where its sessions are kept by our own cookie. */
  readonly cookies: ReadonlyMap<string, CookieRules>;
  readonly analyses: ReadonlyMap<string, AnalysisRule>;
}

/** @param path of the file: others that it names are beside it @throws LastcallError `usage` for a geo file that is none */
export function compile(file: GatewayFile, path: string): GatewayConfig {
  const models = new Map<string, ModelConfig>();
  const pools = new Map<string, PoolRules>();
  const probes = new Map<string, ProbeRules>();
  const cookies = new Map<string, CookieRules>();
  for (const [name, model] of Object.entries(file.models)) {
    models.set(name, compileModel(name, model, path));
    const { health, sticky } = model;
    probes.set(name, { path: health.path ?? null, everyMs: health.every, timeoutMs: health.timeout });
    if (sticky && 'cookie' in sticky) cookies.set(name, { ...sticky.cookie, maxAgeMs: sticky.cookie.maxAge ?? null });
    for (const [version, { instances, discover, http2, ca }] of Object.entries(model.versions)) {
      const specs = instances.map(({ url, weight, ...rest }) => ({
        id: instanceId(name, version, { url, ...rest }),
        url,
        weight,
      }));
      pools.set(`${name}/${version}`, {
        model: name,
        version,
        instances: specs,
        discover: discover ?? null,
        http2,
        ca: ca === undefined ? null : readText(resolve(dirname(path), ca)),
      });
    }
  }
  const rules = new Map<RouteConfig, RouteRules>();
  for (const [index, route] of file.routes.entries()) rules.set(compileRoute(route, index), rulesOf(route));
  const core = { models, routes: indexRoutes([...rules.keys()]) };
  return { file, core, pools, rules, probes, cookies, analyses: new Map(Object.entries(file.analyses)) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new LastcallError('usage', { what: messageOf(error), on: file, todo: 'Check the path.', cause: error });
  }
}

function compileModel(name: string, model: ModelFile, path: string): ModelConfig {
  const { health, drain, concurrency } = model;
  const versions = Object.entries(model.versions).map(
    ([version, { rewrite }]) => [version, { name: version, rewrite: rewrite ?? null }] as const,
  );
  return {
    name,
    versions: new Map(versions),
    weights: weightsOf(model),
    split: splitOf(model, path),
    sticky: stickyOf(model),
    balance: model.balance,
    health: {
      probed: health.path !== undefined,
      down: health.down,
      up: health.up,
      connectErrorsMax: health.connectErrors,
      errorRatioMax: health.errorRatio,
      requestsMin: health.minRequests,
      windowMs: health.window,
      ejectMs: health.ejectFor,
      ejectedRatioMax: health.maxEjected,
    },
    drain: { requestsMs: drain.requests, streamsMs: drain.streams, sessionsMs: drain.sessions },
    concurrency: {
      max: concurrency.max,
      queueLength: concurrency.queue,
      queueMs: concurrency.queueFor,
      adaptive: concurrency.adaptive,
    },
    mirror: model.mirror ? { version: model.mirror.version, ratio: model.mirror.percent / 100 } : null,
    fallback: model.fallback,
  };
}

/** Of every version, also of those that the file gives none. */
function weightsOf({ versions, weights }: ModelFile): ReadonlyMap<string, number> {
  const names = Object.keys(versions);
  return new Map(names.map((version) => [version, weights === undefined ? 100 : (weights[version] ?? 0)]));
}

function splitOf({ split }: ModelFile, path: string): SplitRules {
  const { user, geo } = split;
  return {
    headers: split.headers.map(namedRule),
    cookies: split.cookies.map(namedRule),
    user: user === undefined ? null : userKey(user),
    geo: geo
      ? { regionsOf: readRegions(resolve(dirname(path), geo.file)), versions: new Map(Object.entries(geo.regions)) }
      : null,
  };
}

function namedRule(rule: ModelFile['split']['headers'][number]): NamedRule {
  const { equals, matches } = rule;
  const fits = equals === undefined ? (matches ?? null) : (value: string) => value === equals;
  return { name: rule.name, fits, version: rule.version ?? null };
}

function userKey(user: NonNullable<ModelFile['split']['user']>): NonNullable<SplitRules['user']> {
  if ('header' in user) return { from: 'header', name: user.header };
  return 'cookie' in user ? { from: 'cookie', name: user.cookie } : { from: 'jwt', name: user.jwt };
}

function stickyOf({ sticky }: ModelFile): StickyRule | null {
  if (sticky === undefined) return null;
  if ('cookie' in sticky) return { by: 'cookie', name: sticky.cookie.name };
  if ('appCookie' in sticky) return { by: 'app-cookie', name: sticky.appCookie };
  return 'header' in sticky ? { by: 'header', name: sticky.header } : { by: 'ip' };
}

function compileRoute(route: RouteFile, index: number): RouteConfig {
  return {
    name: route.name ?? `route-${index + 1}`,
    hosts: [route.host ?? []].flat().map((host) => host.toLowerCase()),
    path: route.path,
    exact: route.exact,
    methods: route.methods.map((method) => method.toUpperCase()),
    headers: route.headers.map(({ name, equals, matches }) => ({
      name,
      fits: matches ?? ((value: string) => value === equals),
    })),
    model: route.model,
    version: route.version ?? null,
  };
}

function rulesOf(route: RouteFile): RouteRules {
  return {
    rateLimit: route.rateLimit ?? null,
    whenDraining: route.whenDraining,
    firstByteMsMax: route.timeouts.firstByte,
    idleMsMax: route.timeouts.idle,
    bodyBytesMax: route.bodyMax,
  };
}
