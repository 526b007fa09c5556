// What a request is before it has a place: its route, its version, and the ticket that goes into the books. Reads the
// state and changes nothing.
import { newTicket } from './admission.ts';
import { userHashOf } from './cohort.ts';
import { chooseInstance } from './balance.ts';
import { cookieOf } from './cookies.ts';
import { findRoute, firstOf, type RouteMatch } from './routes.ts';
import { chooseVersion, userKeyOf, type VersionChoice } from './split.ts';
import type {
  GatewayState,
  Instance,
  ModelState,
  RequestFacts,
  Rewrite,
  RouteConfig,
  Session,
  Ticket,
} from './types.ts';

/** What our own signed cookie carries. */
export interface CookieSession {
  readonly instance: string;
  /** Position among all users, 32 bits: the version follows from it and the weights. */
  readonly cohort: number;
}

/** Four numbers in [0, 1). */
export interface Draws {
  readonly version: number;
  readonly a: number;
  readonly b: number;
}

export interface Plan {
  readonly kind: 'planned';
  readonly route: RouteConfig;
  readonly model: ModelState;
  readonly choice: VersionChoice;
  readonly ticket: Ticket;
}

/** @param cookie what our own cookie says, verified; null: none */
export function planRequest(
  state: GatewayState,
  route: RouteConfig,
  facts: RequestFacts,
  cookie: CookieSession | null,
  draws: Draws,
): Plan | null {
  const model = state.models.get(route.model);
  if (!model) return null;
  const session = sessionOf(model, facts, cookie);
  const cohort = cookie?.cohort ?? cohortOfKey(model, session);
  const drawn = chooseVersion(model, route.version, facts, cohort, draws.version);
  const choice = stayOrMove(model, session, drawn);
  const ticket = newTicket({
    model: route.model,
    version: choice.version,
    pinned: choice.pinned,
    session,
    hashKey: hashKeyOf(model, facts, session),
    drawA: draws.a,
    drawB: draws.b,
  });
  return { kind: 'planned', route, model, choice, ticket };
}

export function routeOf(state: GatewayState, facts: RequestFacts): RouteMatch {
  return findRoute(state.config.routes, facts);
}

function sessionOf(model: ModelState, facts: RequestFacts, cookie: CookieSession | null): Session {
  const { sticky } = model.config;
  if (sticky === null) return { kind: 'none' };
  if (sticky.by === 'cookie')
    return cookie === null ? { kind: 'none' } : { kind: 'instance', instance: cookie.instance };
  const key =
    sticky.by === 'ip'
      ? facts.ip
      : sticky.by === 'header'
        ? firstOf(facts.headers[sticky.name])
        : cookieOf(facts.headers['cookie'], sticky.name);
  return key === '' ? { kind: 'none' } : { kind: 'key', key };
}

function cohortOfKey(model: ModelState, session: Session): number | null {
  return session.kind === 'key' ? userHashOf(model.config.name, session.key) : null;
}

/**
 * A session that an application keeps in its own cookie began wherever its first request went, so it stays with that
 * version as long as the version takes part. Only weights decide of which version new sessions are.
 */
function stayOrMove(model: ModelState, session: Session, choice: VersionChoice): VersionChoice {
  if (session.kind !== 'key' || choice.pinned || choice.by === 'user' || choice.by === 'geo') return choice;
  const version = model.sessions.get(session.key)?.pool.version;
  if (version === undefined || version === choice.version || !(model.weights.get(version)! > 0)) return choice;
  return { version, pinned: false, by: 'cohort', because: 'the version of the session' };
}

/** What a ring places by: the session, or else the user, or else the address. */
function hashKeyOf(model: ModelState, facts: RequestFacts, session: Session): string {
  if (session.kind === 'key') return session.key;
  if (model.config.balance !== 'ring-hash') return '';
  const { user } = model.config.split;
  return (user === null ? '' : userKeyOf(user, facts)) || facts.ip;
}

/** Whom a copy of the request goes to, or null. A copy is in nobody's books, so it is only sent where there is room. */
export function chooseMirror(model: ModelState, served: string, draw: number, draws: Draws): Instance | null {
  const { mirror } = model.config;
  if (mirror === null || mirror.version === served || draw >= mirror.ratio) return null;
  const pool = model.pools.get(mirror.version);
  if (!pool || pool.draining !== 'no') return null;
  const ticket = newTicket({
    model: model.config.name,
    version: mirror.version,
    pinned: true,
    session: { kind: 'none' },
    hashKey: '',
    drawA: draws.a,
    drawB: draws.b,
  });
  const chosen = chooseInstance(pool, 'least-in-flight', ticket);
  return chosen === 'busy' ? null : chosen;
}

/** The target (path and query) that the instance is asked for. */
export function rewriteTarget(target: string, rewrite: Rewrite | null): string {
  if (rewrite === null) return target;
  const { from, to } = rewrite;
  const end = target.indexOf('?');
  const path = end === -1 ? target : target.slice(0, end);
  const matches = path === from || path.startsWith(from.endsWith('/') ? from : `${from}/`) || from === '';
  if (!matches) return target;
  const rest = path.slice(from.length).replace(/^\/+/, '');
  const base = to.replace(/\/+$/, '');
  return `${rest === '' ? base || '/' : `${base}/${rest}`}${end === -1 ? '' : target.slice(end)}`;
}
