// What goes over the wire: the bytes of a request with its id, and what comes of it booked in its record.
import type { Exchange } from './connection.ts';
import type { Head } from './response.ts';
import type { RequestEnd, RequestRecord } from './types.ts';

export interface RequestShape {
  readonly method: string;
  /** `{id}` stands for the request's id. */
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: Buffer | null;
  /** For the Host header. */
  readonly host: string;
}

/** Requests that may be sent again when a connection was closed under them (RFC 9110, 9.2.2). */
const IDEMPOTENT = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'];

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.includes(method);
}

export function requestBytes(shape: RequestShape, id: string, closes: boolean): string | Buffer {
  const head = [
    `${shape.method} ${shape.path.replaceAll('{id}', id)} HTTP/1.1`,
    `Host: ${shape.host}`,
    `X-Request-Id: ${id}`,
    ...(closes ? ['Connection: close'] : []),
    ...(shape.body ? [`Content-Length: ${shape.body.length}`] : []),
    ...shape.headers,
    '',
    '',
  ].join('\r\n');
  return shape.body ? Buffer.concat([Buffer.from(head), shape.body]) : head;
}

/** Books what happens to a request. @param done called once it is over */
export function exchangeOf(
  record: RequestRecord,
  request: Pick<Exchange, 'method' | 'bytes'>,
  done: (end: RequestEnd) => void,
): Exchange {
  let isMixed = false;
  return {
    ...request,
    began({ status, headers }: Head) {
      record.firstByteMs ??= performance.now();
      record.status = status;
      const echoed = headers['x-request-id'];
      // Ids of ours have the drill's mark; a server may well answer with an id of its own.
      isMixed = echoed !== undefined && echoed !== record.id && isOurs(echoed, record.id);
    },
    ended: (end) => done(end === 'answered' && isMixed ? 'mixed' : end),
  };
}

/** Ids are `MARK-NUMBER`. */
function isOurs(id: string, like: string): boolean {
  return id.startsWith(like.slice(0, like.lastIndexOf('-') + 1));
}
