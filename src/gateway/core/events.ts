// What happens to the gateway, and what it wants done. Each event carries the time of a monotonic clock; randomness comes
// inside the events that need it.
import type {
  CoreConfig,
  DrainCause,
  DrainRules,
  GatewayState,
  Instance,
  InstanceSource,
  InstanceSpec,
  InstanceState,
  Ticket,
} from './types.ts';

export type GatewayEvent = { readonly atMs: number } & (
  | { readonly type: 'configured'; readonly config: CoreConfig }
  /** What a source names of a pool, all of it. */
  | {
      readonly type: 'instancesNamed';
      readonly pool: string;
      readonly source: InstanceSource;
      readonly instances: readonly InstanceSpec[];
    }
  | {
      readonly type: 'instanceAdded';
      readonly pool: string;
      readonly source: InstanceSource;
      readonly spec: InstanceSpec;
    }
  /** A request wants to go on. @see newTicket */
  | { readonly type: 'arrived'; readonly ticket: Ticket }
  /** One that settled after an attempt that failed before its first byte is tried again. `connected`: it reached it. */
  | {
      readonly type: 'again';
      readonly ticket: Ticket;
      readonly instance: string;
      readonly repeatable: boolean;
      readonly connected: boolean;
    }
  | { readonly type: 'streaming'; readonly ticket: Ticket }
  /** `error`: 5xx or no whole answer; `silent`: says nothing of the instance (the client left, we cut it). */
  | {
      readonly type: 'settled';
      readonly ticket: Ticket;
      readonly result: 'ok' | 'error' | 'unreachable' | 'silent' | 'cut';
    }
  /** A waiting client left. */
  | { readonly type: 'left'; readonly ticket: Ticket }
  /** The application told the client its session key. */
  | { readonly type: 'sessionLearned'; readonly model: string; readonly key: string; readonly instance: string }
  /** `draining`: it answered 503, so it wants to end. */
  | { readonly type: 'probed'; readonly instance: string; readonly verdict: 'good' | 'bad' | 'draining' }
  | {
      readonly type: 'drainAsked';
      readonly instance: string;
      readonly cause: DrainCause;
      readonly budget: DrainRules | null;
    }
  /** No sessions any more either. */
  | { readonly type: 'maintAsked'; readonly instance: string }
  | { readonly type: 'returnAsked'; readonly instance: string }
  | { readonly type: 'versionDrainAsked'; readonly pool: string; readonly budget: DrainRules | null }
  | { readonly type: 'versionReturnAsked'; readonly pool: string }
  | { readonly type: 'weightsSet'; readonly model: string; readonly weights: ReadonlyMap<string, number> }
  | { readonly type: 'closing' }
  | { readonly type: 'tick' }
);

export type RefusalReason =
  | 'no-instance'
  | 'queue-full'
  | 'queue-timeout'
  | 'closing'
  | 'retry-budget'
  | 'not-repeatable'
  | 'nobody-left';

export type GatewayEffect =
  | { readonly type: 'send'; readonly ticket: Ticket; readonly instance: Instance }
  /** It waits for a free place, at most until `ticket.waitsUntilMs`. */
  | { readonly type: 'wait'; readonly ticket: Ticket }
  | { readonly type: 'refuse'; readonly ticket: Ticket; readonly reason: RefusalReason; readonly retryAfterMs: number }
  /** New: connections may be made, probes begin. */
  | { readonly type: 'join'; readonly instance: Instance }
  | {
      readonly type: 'state';
      readonly instance: Instance;
      readonly before: InstanceState;
      readonly after: InstanceState;
      readonly why: string;
    }
  /** Ends what is in flight there, each with a terminal event. What is cut still settles. */
  | { readonly type: 'cut'; readonly instance: Instance; readonly what: 'requests' | 'streams' }
  /** Nothing is in flight: connections are closed. `stays`: it is listed on, until it is asked back. After `state`. */
  | { readonly type: 'forget'; readonly instance: Instance; readonly stays: boolean };

export interface GatewayStep {
  readonly state: GatewayState;
  readonly effects: readonly GatewayEffect[];
}
