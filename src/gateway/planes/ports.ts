// The port between a plane that carries requests itself (planes/node) and whoever decides where they go: the gateway's
// core, or the front proxy of `lastcall run` with its one instance. The plane carries bytes, counts them and says what
// happened; it never chooses an instance, keeps no budget and knows no route. All of it is synchronous and cheap: a
// request costs one call of `direct`, one watcher and three or four calls on it, no promise.
//
// What a plane is given as a whole (routes, pools, states of instances) is not here: that is the core's own business,
// since a plane like HAProxy is told all of it and asks nothing.
import type { IncomingHttpHeaders } from 'node:http';

/** Decides; implemented by the edge of the core. */
export interface Director {
  /**
   * Where a request goes. Called once when its head has come and, if the plane could send it again, once after each
   * failed attempt, and whenever a `hold` was let go.
   * @param failed the attempt before, or null for the first
   */
  direct(request: PlaneRequest, failed: FailedAttempt | null): Decision;
}

/** A request as a client sent it, checked: what is malformed never comes here. */
export interface PlaneRequest {
  /** As in reports and logs, such as `GET /predict #17`; unique in this process. */
  readonly id: string;
  readonly method: string;
  /** Path and query as sent, origin-form with exactly one leading slash; `*` for OPTIONS. */
  readonly target: string;
  /** `Host`, or `:authority` of HTTP/2; empty if there is none. */
  readonly authority: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Who asks: the peer, or what X-Forwarded-For says of the hops that are trusted. */
  readonly clientAddress: string;
  readonly scheme: 'http' | 'https';
  /** `upgrade`: a WebSocket or another tunnel. */
  readonly kind: 'request' | 'upgrade';
  /** May be sent twice: an idempotent method (RFC 9110, 9.2.2), or an Idempotency-Key. */
  readonly repeatable: boolean;
  /** Monotonic milliseconds. */
  readonly receivedAtMs: number;
}

export type Failure =
  /** No connection: it certainly never reached the instance. */
  | 'connect'
  /** The connection was lost before an answer began. */
  | 'reset'
  /** No head of an answer within `firstByteMsMax`. */
  | 'timeout'
  /** What came back is not HTTP. */
  | 'protocol';

/** An attempt that ended before any byte of an answer was passed on, of a request that can be sent again. */
export interface FailedAttempt {
  readonly instance: string;
  readonly failure: Failure;
  /** `false`: sending it again repeats nothing, whatever its method. */
  readonly reached: boolean;
  /** Ids of all instances that were tried, in order. */
  readonly tried: readonly string[];
}

export type Decision = Forward | Hold | Answer | Close;

export interface Forward {
  readonly action: 'forward';
  readonly upstream: Upstream;
  /** Told how this attempt goes. */
  readonly watcher: AttemptWatcher;
  /** Path and query to ask for instead of the client's; null: the same. */
  readonly target: string | null;
  /** Put in place of the client's headers of these names, lower case; null as a value takes one away. */
  readonly requestHeaders: HeaderChanges | null;
  /** Added to the answer (a sticky cookie), put in place of others of the name unless it is `set-cookie`. */
  readonly responseHeaders: HeaderChanges | null;
  readonly limits: AttemptLimits;
  /** A copy of the request goes there too, and its answer is thrown away. Only of requests whose body is small (16 KiB). */
  readonly mirror: Upstream | null;
}

/** Flat: name, value, name, value … */
export type HeaderChanges = readonly (string | null)[];

export interface AttemptLimits {
  /** Head of the answer after the request was sent; 0 = no limit. */
  readonly firstByteMsMax: number;
  /** Silence within an answer; 0 = no limit. There is no limit on the whole of an answer. */
  readonly idleMsMax: number;
  /** Bytes of the request's body; more is answered 413. 0 = no limit. */
  readonly bodyBytesMax: number;
}

/** The client waits, on its open connection, until somebody lets it go on: then `direct` is asked again. */
export interface Hold {
  readonly action: 'hold';
  /** Asked once; call `resume` once. Returns how to withdraw (the client left, or time was up). */
  readonly wait: (resume: () => void) => () => void;
  /** Milliseconds from now; then `otherwise` applies. */
  readonly msMax: number;
  readonly otherwise: Answer | Close;
}

/** Answered here, no instance is asked: a refusal, a health path, a limit. */
export interface Answer {
  readonly action: 'answer';
  readonly status: number;
  /** Flat: name, value … Content-Length is added. */
  readonly headers: readonly string[];
  readonly body: string;
  /** How it is booked: `returned` = refused and safe to send again; `lost` = an attempt before may have acted on it. */
  readonly booked: 'returned' | 'finished' | 'lost';
}

/** The connection is closed without an answer, for clients to whom every HTTP error is fatal (`whenDraining: close`). */
export interface Close {
  readonly action: 'close';
}

/** Follows one attempt. Calls come in this order, each at most once: sent, answered, ended; only `ended` always comes. */
export interface AttemptWatcher {
  /** The request's head goes out on a connection: from now on the instance may have acted on it. */
  sent(): void;
  /**
   * The head of an answer came. 101 for an upgrade. `stream`: it is one that has no end of its own. The headers are as the
   * instance sent them.
   */
  answered(status: number, stream: boolean, headers: IncomingHttpHeaders): void;
  ended(end: AttemptEnd): void;
}

/**
 * finished: the answer was handed to the client to its last byte, whatever its status · returned: it never reached the
 * instance · lost: it may have reached the instance, and no whole answer came · abandoned: the client left first · cut:
 * ended by `Upstream.cut` or by the end of the gateway.
 */
export type Outcome = 'finished' | 'returned' | 'lost' | 'abandoned' | 'cut';

export interface AttemptEnd {
  readonly outcome: Outcome;
  /** Of the answer; null if there was none. */
  readonly status: number | null;
  /** null: the instance did not fail. */
  readonly failure: Failure | 'truncated' | null;
  /** Bytes of bodies (of an upgrade: of both directions) that were passed on. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** From `direct` to the answer's head; null if there was none. */
  readonly firstByteMs: number | null;
  /** From `direct` to the end. */
  readonly tookMs: number;
}

/** Where requests can be sent: an instance as the plane knows it, with its connections. Made by `Plane.upstream`. */
export interface Upstream {
  readonly id: string;
  readonly open: OpenCounts;
  /** Idle connections are closed and none is kept after its request; whoever directs stops forwarding to it. */
  drain(): void;
  /**
   * Ends what is open, each as its protocol says it: SSE `event: error` with a JSON body, WebSocket close 1012, a reset
   * for an answer that has begun, 503 for one that has not. What is told the watchers: `cut`.
   * @param which `streams`: event streams and upgrades, which have no end of their own and a budget of their own, the
   *   longer one; `requests`: everything else, at its deadline
   * @returns the ids of what was cut
   */
  cut(which: 'requests' | 'streams' | 'all', reason: string): readonly string[];
  /** Cuts what is open and closes all connections; afterwards it cannot be forwarded to. */
  close(): void;
}

export interface OpenCounts {
  readonly requests: number;
  readonly streams: number;
  readonly upgrades: number;
  readonly connections: number;
}

/** Where an instance listens, and how it is spoken to. */
export interface UpstreamAddress {
  /** `http://10.0.0.5:8000`, `https://model-a.internal:8443` or `unix:/run/app.sock`. */
  readonly url: string;
  /** Speak HTTP/2 (`h2c` without TLS): for gRPC. Default HTTP/1.1. */
  readonly http2: boolean;
  /** Certificates that are trusted beside the system's (PEM), and the name to verify; null: the URL's host. */
  readonly ca: string | null;
  readonly serverName: string | null;
  /** Connections at most; a request that finds none free waits for it within `firstByteMsMax`. */
  readonly connectionsMax: number;
  readonly connectMsMax: number;
}
