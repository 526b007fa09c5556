// What is answered in front of the application: readiness, and 503 to requests that come after intake began.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';

/** An answer in a form that both protocols can send. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const REFUSAL_BODY = 'This instance is stopping; please try again.\n';

/** Another instance can take it at once, so the shortest time that the header can say. */
const RETRY_AFTER_SECONDS = '1';

export const REFUSAL: Answer = {
  status: 503,
  headers: { 'retry-after': RETRY_AFTER_SECONDS, 'content-type': 'text/plain; charset=utf-8' },
  body: REFUSAL_BODY,
};

/** How long the rest of a refused upload is read, so that its sender gets to see the answer instead of a reset. */
const UPLOAD_MS_MAX = 500;

/** @param close whether this is the connection's last answer */
export function answerHttp1(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Answer,
  close: 'close' | 'keep-alive',
): void {
  const length = String(Buffer.byteLength(body));
  const connection = close === 'close' ? { connection: 'close' } : {};
  response.writeHead(status, { ...headers, ...connection, 'content-length': length });
  if (request.method !== 'HEAD') response.write(body);
  // A client that waits for `100 Continue` will not send its body after this.
  if (close === 'keep-alive' || request.complete || request.headers.expect !== undefined) {
    response.end();
    return;
  }
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, UPLOAD_MS_MAX);
  request.once('end', end).once('close', end).resume();
}

export function answerHttp2(stream: ServerHttp2Stream, method: string, { status, headers, body }: Answer): void {
  if (stream.destroyed || stream.closed) return;
  // A client that resets the stream meanwhile is no error of ours.
  stream.on('error', () => {});
  const head = method === 'HEAD';
  stream.respond({ ':status': status, ...headers, 'content-length': Buffer.byteLength(body) }, { endStream: head });
  if (!head) stream.end(body);
}

/** An upgrade has no response object: the connection is all that there is. */
export function refuseUpgrade(socket: Duplex): void {
  socket.on('error', () => {});
  const lines = [
    'HTTP/1.1 503 Service Unavailable',
    'Connection: close',
    `Retry-After: ${RETRY_AFTER_SECONDS}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${REFUSAL_BODY.length}`,
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${REFUSAL_BODY}`, () => socket.destroy());
}
