// One attempt to have an instance answer a request, as the exchange sees it; undici-attempt.ts and plain-attempt.ts are
// the two ways to make one.
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

import type { Failure } from '../ports.ts';
import type { FlatHeaders } from './head.ts';

export interface AttemptRequest {
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly headers: FlatHeaders;
  readonly body: Buffer | Readable | null;
  /** Bytes of the body if its sender said so; null: chunked, or none. */
  readonly bodyLength: number | null;
  readonly firstByteMsMax: number;
  readonly idleMsMax: number;
}

/** What an attempt tells. Nothing comes after `end` or `failed`. */
export interface AttemptSink {
  sent(): void;
  information(status: number, headers: IncomingHttpHeaders): void;
  head(status: number, message: string, headers: IncomingHttpHeaders): void;
  /** `false`: pause. */
  data(chunk: Buffer): boolean;
  end(trailers: IncomingHttpHeaders): void;
  failed(failure: Failure, error: Error): void;
}

/** What may be asked of it. */
export interface Attempt {
  resume(): void;
  /** Gives it up; its sink hears no more. */
  abort(): void;
}
