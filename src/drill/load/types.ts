// What the load knows of a request. Times are monotonic milliseconds of the drill's own clock.

export const CLIENT_KINDS = ['keep-alive', 'new', 'pipelined', 'slow', 'sse', 'ws', 'tcp'] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** How a request ended, as seen on the wire; what it means depends on the signal (verdict/core). */
export type RequestEnd = 'answered' | 'refused' | 'stale' | 'reset' | 'truncated' | 'timeout' | 'garbage' | 'mixed';

export interface RequestRecord {
  readonly id: string;
  readonly client: ClientKind;
  /** When it was due; latency counts from here, whatever the drill or the target did meanwhile. */
  readonly dueMs: number;
  /** When its first byte was handed to the system; null if there was no connection. */
  sentMs: number | null;
  /** When it was sent last; later than `sentMs` after a `stale`. */
  resentMs: number | null;
  firstByteMs: number | null;
  /** null while it is under way. */
  endMs: number | null;
  end: RequestEnd | null;
  /** Of the answer, if one began. */
  status: number | null;
  /** It went over a connection that had carried another request. */
  reused: boolean;
  /** Times that it was sent again after `stale`. */
  retries: number;
  /** A connection that stays open through the ending: SSE and WebSocket. */
  readonly longLived: boolean;
}

export function newRecord(id: string, client: ClientKind, dueMs: number): RequestRecord {
  return {
    id,
    client,
    dueMs,
    sentMs: null,
    resentMs: null,
    firstByteMs: null,
    endMs: null,
    end: null,
    status: null,
    reused: false,
    retries: 0,
    longLived: client === 'sse' || client === 'ws',
  };
}

/** Where the target answers. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}
