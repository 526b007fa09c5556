// Servers of the plane that speak HTTP/2: over TLS beside HTTP/1.1, by ALPN, or without TLS to clients that know it
// (gRPC within a cluster). Requests go through the same exchanges; WebSockets over HTTP/2 (RFC 8441) are not offered.
import type { Server as HttpServer } from 'node:http';
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Session,
} from 'node:http2';
import type { SecureContextOptions } from 'node:tls';

import { bound, serverOptions } from './listen.ts';
import type { PlaneSettings } from './options.ts';

/** Streams at once on one connection; more wait with the client. */
const STREAMS_MAX = 256;

/** TLS, with HTTP/2 and HTTP/1.1 by ALPN. */
export function secureServer(settings: PlaneSettings, context: SecureContextOptions): Http2SecureServer {
  const http1 = serverOptions(settings);
  const options = { ...http1, ...http2Options(settings), ...context, allowHTTP1: true, http1Options: http1 };
  const server = createSecureServer(options as SecureServerOptions);
  closeIdleSessions(server, settings.keepAliveMs);
  bound(server as unknown as HttpServer, settings);
  return server;
}

/** HTTP/2 without TLS, by prior knowledge. */
export function plainHttp2Server(settings: PlaneSettings): Http2Server {
  const server = createServer(http2Options(settings));
  closeIdleSessions(server, settings.keepAliveMs);
  server.maxConnections = settings.connectionsMax;
  return server;
}

function http2Options({ headBytesMax }: PlaneSettings) {
  return {
    settings: { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: headBytesMax, enableConnectProtocol: false },
  };
}

/** A connection that carries nothing is closed after a while, as with HTTP/1.1. */
function closeIdleSessions(server: Http2Server | Http2SecureServer, idleMs: number): void {
  server.on('session', (session: ServerHttp2Session) => {
    let active = 0;
    session.on('stream', (stream) => {
      active++;
      stream.once('close', () => active--);
    });
    session.setTimeout(idleMs, () => {
      if (active === 0) session.close();
    });
  });
}
