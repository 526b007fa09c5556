// A client's request as a director sees it, and as an instance gets it.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import type { Forward, PlaneRequest } from '../ports.ts';
import type { AttemptRequest } from './attempt.ts';
import { isRepeatable } from './check-request.ts';
import type { PlaneContext } from './context.ts';
import { forwardedBy } from './forwarded.ts';
import { type Forwarded, requestHeaders } from './head.ts';

export class ProxiedRequest implements PlaneRequest {
  readonly id: string;
  readonly kind: PlaneRequest['kind'];
  readonly scheme: 'http' | 'https';
  readonly receivedAtMs: number;
  readonly #request: IncomingMessage;
  readonly #forwarded: Forwarded;

  constructor(context: PlaneContext, request: IncomingMessage, kind: PlaneRequest['kind'], id: string) {
    this.id = id;
    this.kind = kind;
    this.#request = request;
    this.receivedAtMs = context.nowMs();
    this.scheme = 'encrypted' in request.socket ? 'https' : 'http';
    const connection = { peer: request.socket.remoteAddress ?? 'unix', scheme: this.scheme, authority: this.authority };
    this.#forwarded = forwardedBy(request.headers, connection, context.settings.trustedHops);
  }

  get method(): string {
    return this.#request.method ?? 'GET';
  }
  get target(): string {
    return this.#request.url ?? '/';
  }
  get headers(): IncomingHttpHeaders {
    return this.#request.headers;
  }
  get authority(): string {
    return this.headers.host ?? (this.headers[':authority'] as string | undefined) ?? '';
  }
  get clientAddress(): string {
    return this.#forwarded.client;
  }
  get repeatable(): boolean {
    return this.kind === 'request' && isRepeatable(this.#request);
  }

  /** What its sender says of the body; null if nothing. */
  get statedLength(): number | null {
    const stated = this.headers['content-length'];
    return stated === undefined ? null : Number(stated);
  }

  /** As it goes to the instance, with the body that is given. */
  forInstance(
    { requestHeaders: changes, target, limits }: Forward,
    via: string,
    body: AttemptRequest['body'],
  ): AttemptRequest {
    const { rawHeaders: raw, httpVersion: version } = this.#request;
    const { method, headers } = this;
    return {
      method,
      target: target ?? this.target,
      authority: this.authority,
      headers: requestHeaders({ method, raw, version, headers, forwarded: this.#forwarded }, via, changes),
      body,
      bodyLength: this.statedLength,
      firstByteMsMax: limits.firstByteMsMax,
      idleMsMax: limits.idleMsMax,
    };
  }
}
