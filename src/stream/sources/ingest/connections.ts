// What one sender's connections may take from the others: so many at once, each with so long to say what it wants.
import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';

// Taken as it is: importing it loads all of fetch besides, ten times as long.
const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');

/** Connections at once; one more is closed at once. Far below the usual 1,024 and more files of a process, on purpose. */
export const CONNECTIONS_MAX = 512;
/** Longest time for the header of a request to arrive, from the connection or its first byte on, milliseconds. */
const HEADERS_MS = 5_000;
/** Longest time for a request to arrive whole, milliseconds. */
const REQUEST_MS = 30_000;
/** How long a connection may wait for its next request, milliseconds. */
const KEEP_ALIVE_MS = 30_000;
/** How often the two limits above are looked after, milliseconds; Node's own 30 s would make them that much longer. */
const CHECK_MS = 1_000;

/** An HTTP server that nobody can fill with connections that ask for nothing. */
export function boundedServer(listener: RequestListener): Server {
  const limits = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_MS,
  };
  const server = createServer(limits, listener);
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

/** Answers what is no HTTP, or came too slowly, with problem details too, and closes the connection. */
export function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, detail] = REFUSALS[error.code ?? ''] ?? [400, 'this is no HTTP request'];
  const body = JSON.stringify({ status, detail });
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}

const REFUSALS: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not arrive in time'],
  HPE_HEADER_OVERFLOW: [431, 'the header of the request is too large'],
};
