// Routes as an index, made once for each configuration: a request finds its route by a few look-ups, however many there
// are. More exact wins: host before wildcard before any; exact path before the longest prefix; then who asks for headers,
// then for a method; then the order of the configuration.
import type { RequestFacts, RouteConfig } from './types.ts';

interface Paths {
  readonly exact: Map<string, RouteConfig[]>;
  readonly prefix: Map<string, RouteConfig[]>;
}

export interface RouteIndex {
  readonly all: readonly RouteConfig[];
  readonly byHost: ReadonlyMap<string, Paths>;
  /** By `.example.com`. */
  readonly below: ReadonlyMap<string, Paths>;
  readonly any: Paths;
}

export function indexRoutes(routes: readonly RouteConfig[]): RouteIndex {
  const byHost = new Map<string, Paths>();
  const below = new Map<string, Paths>();
  const any = newPaths();
  for (const route of routes) {
    if (route.hosts.length === 0) add(any, route);
    for (const host of route.hosts) {
      const wild = host.startsWith('*.');
      const table = wild ? below : byHost;
      const key = wild ? host.slice(1) : host;
      let paths = table.get(key);
      if (!paths) table.set(key, (paths = newPaths()));
      add(paths, route);
    }
  }
  for (const paths of [...byHost.values(), ...below.values(), any]) sortAll(paths);
  return { all: routes, byHost, below, any };
}

export type RouteMatch =
  | { readonly kind: 'found'; readonly route: RouteConfig }
  /** The path is known, with these methods. */
  | { readonly kind: 'method'; readonly allow: readonly string[] }
  | { readonly kind: 'none' }
  /** Dot segments may mean another path to the upstream than to us. */
  | { readonly kind: 'ambiguous' };

const NONE: RouteMatch = { kind: 'none' };
const AMBIGUOUS: RouteMatch = { kind: 'ambiguous' };
const DOT_SEGMENT = /(^|\/|%2f|\\|%5c)(\.|%2e){1,2}(\/|%2f|\\|%5c|$)/i;

export function findRoute(index: RouteIndex, facts: RequestFacts): RouteMatch {
  const { path, host } = facts;
  if ((path.includes('.') || path.includes('%')) && DOT_SEGMENT.test(path)) return AMBIGUOUS;
  const allow: string[] = [];
  const own = index.byHost.get(host);
  const found =
    (own && findIn(own, facts, allow)) ?? belowHost(index, host, facts, allow) ?? findIn(index.any, facts, allow);
  if (found) return { kind: 'found', route: found };
  return allow.length > 0 ? { kind: 'method', allow: [...new Set(allow)].sort() } : NONE;
}

function belowHost(index: RouteIndex, host: string, facts: RequestFacts, allow: string[]): RouteConfig | null {
  if (index.below.size === 0) return null;
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    const paths = index.below.get(host.slice(dot));
    const found = paths && findIn(paths, facts, allow);
    if (found) return found;
  }
  return null;
}

function findIn(paths: Paths, facts: RequestFacts, allow: string[]): RouteConfig | null {
  const { path } = facts;
  const exact = paths.exact.get(path);
  const found = exact && choose(exact, facts, allow);
  if (found) return found;
  if (paths.prefix.size === 0) return null;
  // `/a/b/c`, `/a/b`, `/a`, and then `/`.
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const routes = paths.prefix.get(end === path.length ? path : path.slice(0, end));
    const chosen = routes && choose(routes, facts, allow);
    if (chosen) return chosen;
  }
  const rest = paths.prefix.get('');
  return rest ? choose(rest, facts, allow) : null;
}

function choose(routes: readonly RouteConfig[], facts: RequestFacts, allow: string[]): RouteConfig | null {
  for (const route of routes) {
    if (route.headers.length > 0 && !route.headers.every(({ name, fits }) => fits(firstOf(facts.headers[name]))))
      continue;
    if (route.methods.length === 0 || route.methods.includes(facts.method)) return route;
    allow.push(...route.methods);
  }
  return null;
}

/** Of a header that came several times, the first; none is the empty text. */
export function firstOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}

function newPaths(): Paths {
  return { exact: new Map(), prefix: new Map() };
}

function add(paths: Paths, route: RouteConfig): void {
  const table = route.exact ? paths.exact : paths.prefix;
  // `/predict/` and `/predict` are the same prefix; `/` is the empty one.
  const key = route.exact ? route.path : route.path.replace(/\/+$/, '');
  const routes = table.get(key);
  if (routes) routes.push(route);
  else table.set(key, [route]);
}

function sortAll(paths: Paths): void {
  for (const routes of [...paths.exact.values(), ...paths.prefix.values()]) {
    if (routes.length > 1) routes.sort((a, b) => narrowness(b) - narrowness(a));
  }
}

function narrowness(route: RouteConfig): number {
  return route.headers.length * 2 + (route.methods.length > 0 ? 1 : 0);
}
