// What the gateway's core knows: models with versions, instances and rules, as the configuration gives them, and the
// running state of pools and instances. Whatever a core may not run itself (regular expressions, a geo database) is in
// here as a function that comes in as a value.
import type { Ring } from './ring.ts';
import type { RouteIndex } from './routes.ts';

export type InstanceState = 'joining' | 'ready' | 'draining' | 'ejected' | 'gone';

export type Balance = 'least-in-flight' | 'round-robin' | 'ring-hash';

/** Where an instance was named. What one source no longer names is drained; what another source names is not touched. */
export type InstanceSource = 'file' | 'api' | 'run' | 'dns' | 'consul' | 'kubernetes';

export interface InstanceSpec {
  /** Unique in the gateway; `MODEL/VERSION/HOST:PORT` unless it was given a name. */
  readonly id: string;
  /** Origin such as `http://127.0.0.1:9001`. */
  readonly url: string;
  /** Share of the work beside its neighbours, above 0. */
  readonly weight: number;
}

export interface HealthRules {
  /** Whether active probes decide; without them an instance is ready when it is named. */
  readonly probed: boolean;
  /** Failures in a row that eject, and successes in a row that bring back. */
  readonly down: number;
  readonly up: number;
  /** Connections in a row that failed, and that eject. */
  readonly connectErrorsMax: number;
  /** Ejects when at least `requestsMin` were answered within `windowMs` and more than this part of them with 5xx. */
  readonly errorRatioMax: number;
  readonly requestsMin: number;
  readonly windowMs: number;
  /** How long an ejection lasts at first; twice as long each time, at most sixteen times as long. */
  readonly ejectMs: number;
  /** The part of a pool that may be ejected at the same time. */
  readonly ejectedRatioMax: number;
}

export interface DrainRules {
  /** How long requests in flight may take, how long streams, and how long existing sessions still come. */
  readonly requestsMs: number;
  readonly streamsMs: number;
  readonly sessionsMs: number;
}

export interface ConcurrencyRules {
  /** The most requests in flight on one instance. */
  readonly max: number;
  /** Requests that may wait for a free place in a pool, and how long each. */
  readonly queueLength: number;
  readonly queueMs: number;
  /** Whether the limit of an instance follows its latency, below `max`. */
  readonly adaptive: boolean;
}

/** A version that a header or a cookie asks for. */
export interface NamedRule {
  readonly name: string;
  /** Whether the value fits; null: the value itself is the name of a version. */
  readonly fits: ((value: string) => boolean) | null;
  readonly version: string | null;
}

export type UserKey =
  | { readonly from: 'header'; readonly name: string }
  | { readonly from: 'cookie'; readonly name: string }
  /** A claim of the bearer token, which is not verified here. */
  | { readonly from: 'jwt'; readonly name: string };

export interface SplitRules {
  readonly headers: readonly NamedRule[];
  readonly cookies: readonly NamedRule[];
  readonly user: UserKey | null;
  /** The regions of an address, the narrowest first, and the versions of some of them. */
  readonly geo: {
    readonly regionsOf: (ip: string) => readonly string[];
    readonly versions: ReadonlyMap<string, string>;
  } | null;
}

export type StickyRule =
  /** Our own signed cookie. */
  | { readonly by: 'cookie'; readonly name: string }
  | { readonly by: 'app-cookie'; readonly name: string }
  | { readonly by: 'header'; readonly name: string }
  | { readonly by: 'ip' };

/** Takes `from` off the start of the path and puts `to` there. */
export interface Rewrite {
  readonly from: string;
  readonly to: string;
}

export interface VersionConfig {
  readonly name: string;
  readonly rewrite: Rewrite | null;
}

export interface ModelConfig {
  readonly name: string;
  readonly versions: ReadonlyMap<string, VersionConfig>;
  /** Of each version, 0 or more, not all 0. They are shares, whatever they add up to. */
  readonly weights: ReadonlyMap<string, number>;
  readonly split: SplitRules;
  readonly sticky: StickyRule | null;
  readonly balance: Balance;
  readonly health: HealthRules;
  readonly drain: DrainRules;
  readonly concurrency: ConcurrencyRules;
  readonly mirror: { readonly version: string; readonly ratio: number } | null;
  /** Whether a request that chose no version itself may go to another one when its own has nobody ready. */
  readonly fallback: boolean;
}

export interface RouteConfig {
  readonly name: string;
  /** Lower case; `*.example.com` for all below it; empty: any. */
  readonly hosts: readonly string[];
  /** Begins with a slash. */
  readonly path: string;
  readonly exact: boolean;
  /** Upper case; empty: any. */
  readonly methods: readonly string[];
  readonly headers: readonly { readonly name: string; readonly fits: (value: string) => boolean }[];
  readonly model: string;
  /** Serves only this version, whatever the split says. */
  readonly version: string | null;
}

export interface CoreConfig {
  readonly models: ReadonlyMap<string, ModelConfig>;
  readonly routes: RouteIndex;
}

/** What is known of a request before it has a place to go. Header names are in lower case. */
export interface RequestFacts {
  readonly method: string;
  /** Lower case, without the port. */
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The client's, after trusted hops. */
  readonly ip: string;
}

/** Who a returning client was with. */
export type Session =
  | { readonly kind: 'none' }
  | { readonly kind: 'instance'; readonly instance: string }
  | { readonly kind: 'key'; readonly key: string };

/** One request in the core's books, from its arrival to its end. */
export interface Ticket {
  readonly model: string;
  version: string;
  /** Two numbers in [0, 1) for the choice. */
  readonly drawA: number;
  readonly drawB: number;
  /** The client asked for this version by name: no other will do. */
  readonly pinned: boolean;
  readonly session: Session;
  /** What a hash ring places by; empty: nothing. */
  readonly hashKey: string;
  /** Where it is now. */
  instance: Instance | null;
  /** `sent`: it holds a place of its instance. */
  state: 'new' | 'waiting' | 'sent' | 'ended';
  stream: boolean;
  /** Instances that failed it. */
  failed: readonly string[];
  waitsUntilMs: number;
  sentAtMs: number;
}

export type DrainCause = 'api' | 'config' | 'health' | 'version';

export interface Drain {
  readonly cause: DrainCause;
  readonly sinceMs: number;
  /** Existing sessions come until then; from then on nothing does. */
  sessionsUntilMs: number;
  requestsUntilMs: number;
  streamsUntilMs: number;
  requestsCut: boolean;
  streamsCut: boolean;
}

export interface Instance {
  readonly id: string;
  readonly pool: Pool;
  url: string;
  weight: number;
  source: InstanceSource;
  state: InstanceState;
  sinceMs: number;
  drain: Drain | null;
  inFlight: number;
  /** Of those in flight. */
  streams: number;
  /** The most in flight, as it is now. */
  limit: number;
  /** Smoothed and best latency, for the limit that follows it; 0: none yet. */
  latencyMs: number;
  latencyBestMs: number;
  /** Probes in a row. */
  probesGood: number;
  probesBad: number;
  connectErrors: number;
  answers: number;
  errors: number;
  windowSinceMs: number;
  ejectedUntilMs: number;
  ejections: number;
}

export interface Pool {
  /** `MODEL/VERSION`. */
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly instances: Map<string, Instance>;
  /** Those that take new work, in no particular order. */
  ready: Instance[];
  /** Oldest first. */
  waiting: Ticket[];
  /** Round robin. */
  next: number;
  ring: Ring | null;
  /** Nothing new: the version is being taken out. `left`: it is no more in the configuration. */
  draining: 'no' | 'asked' | 'left';
  drainBudget: DrainRules | null;
}

export interface ModelState {
  config: ModelConfig;
  readonly pools: Map<string, Pool>;
  /** As set, by the configuration or a roll-out. */
  shares: ReadonlyMap<string, number>;
  /** In force: the shares without versions that are being taken out. */
  weights: ReadonlyMap<string, number>;
  /** Session key → instance, oldest first. */
  readonly sessions: Map<string, Instance>;
}

export interface GatewayState {
  config: CoreConfig;
  readonly models: Map<string, ModelState>;
  readonly instances: Map<string, Instance>;
  /** Set when the gateway itself ends. */
  closing: boolean;
  /** Tokens of retries. */
  retryTokens: number;
  readonly totals: Totals;
}

/** `arrived = waiting + inFlight + settled + refused + left`, at every moment. */
export interface Totals {
  arrived: number;
  refused: number;
  /** Attempts, the repeated ones included. */
  sent: number;
  retried: number;
  settled: number;
  /** Of those settled. */
  cut: number;
  left: number;
  waiting: number;
  inFlight: number;
}
