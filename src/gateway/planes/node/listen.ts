// Servers of a plane: what they listen on, and the bounds that Node keeps for them.
import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';

import { LastcallError, messageOf } from '../../../base/errors.ts';
import type { PlaneSettings } from './options.ts';

/** `8080`, `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/app.sock`, or `fd:3` for one that systemd opened. */
export type ListenAddress =
  | { readonly host: string | undefined; readonly port: number }
  | { readonly path: string }
  | { readonly fd: number };

/** @throws LastcallError `usage` for what is no address */
export function parseListen(text: string, field: string): ListenAddress {
  const fd = /^fd:(\d+)$/.exec(text);
  if (fd) return { fd: Number(fd[1]) };
  if (/^unix:\/./.test(text)) return { path: text.slice('unix:'.length) };
  const tcp = /^(?:(\[[\da-fA-F:.]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text);
  const port = Number(tcp?.[2]);
  if (tcp && port <= 65_535) return { host: tcp[1]?.replace(/^\[(.*)\]$/, '$1'), port };
  throw new LastcallError('usage', {
    what: `${JSON.stringify(text)} is nothing to listen on`,
    on: field,
    todo: 'Write a port, host:port, unix:/path or fd:3.',
  });
}

/** An HTTP/1.1 server within the bounds of `settings`. */
export function httpServer(settings: PlaneSettings): Server {
  const server = createServer(serverOptions(settings));
  bound(server, settings);
  return server;
}

export function serverOptions(settings: PlaneSettings): ServerOptions {
  return {
    maxHeaderSize: settings.headBytesMax,
    headersTimeout: settings.headMsMax,
    // Uploads may take long; silence in them is watched by request-body.ts.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(1_000, settings.headMsMax),
    keepAliveTimeout: settings.keepAliveMs,
    // An offer to go on with HTTP/2 is one that may be ignored (RFC 9113, 3.1).
    shouldUpgradeCallback: (request: IncomingMessage) => request.headers.upgrade?.toLowerCase() !== 'h2c',
  };
}

export function bound(server: Server, { connectionsMax }: PlaneSettings): void {
  server.maxConnections = connectionsMax;
  // Node would drop what is beyond in silence; check-request.ts refuses it.
  server.maxHeadersCount = 0;
}

/** Settles when `server` listens. @throws LastcallError `io` if it cannot */
export async function listen(server: NetServer, address: ListenAddress): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    throw cannotListen(error, address);
  }
}

/** The port that it listens on; 0 for a socket in the file system. */
export function portOf(server: NetServer): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? (address satisfies AddressInfo).port : 0;
}

function cannotListen(error: unknown, address: ListenAddress): LastcallError {
  const { code } = error as NodeJS.ErrnoException;
  const taken = code === 'EADDRINUSE';
  return new LastcallError('io', {
    what: taken ? 'somebody else listens there' : `nothing can be listened on there (${messageOf(error)})`,
    on: describe(address),
    todo: taken ? 'Stop the other one, or choose another port.' : 'Choose another one to listen on.',
    cause: error,
  });
}

export function describe(address: ListenAddress): string {
  if ('fd' in address) return `fd:${address.fd}`;
  if ('path' in address) return `unix:${address.path}`;
  return address.host === undefined ? `port ${address.port}` : `${address.host}:${address.port}`;
}
