// Where an instance listens, taken apart once: as undici and as node:http want it.
import { isIP } from 'node:net';
import { buildConnector } from 'undici';

import { LastcallError } from '../../../base/errors.ts';
import type { UpstreamAddress } from '../ports.ts';
import type { PlainTarget } from './plain-attempt.ts';

/** undici's types have no useH2c here, its connectors do: HTTP/2 without TLS, by prior knowledge. */
type ConnectorOptions = buildConnector.BuildOptions & { readonly useH2c: boolean };

export interface Address {
  /** For undici. */
  readonly origin: string;
  readonly connect: buildConnector.connector;
  /** Name to verify in its certificate; null without TLS. */
  readonly serverName: string | null;
  readonly plain: PlainTarget;
}

/** @throws LastcallError `usage` for what is no address */
export function parseAddress(id: string, { url, http2, ca, serverName, connectMsMax }: UpstreamAddress): Address {
  if (url.startsWith('unix:')) {
    const socketPath = url.slice('unix:'.length);
    if (!socketPath.startsWith('/')) throw wrong(id, url);
    return {
      origin: 'http://localhost',
      connect: connector({ socketPath, allowH2: http2, useH2c: http2, timeout: connectMsMax }),
      serverName: null,
      plain: { protocol: 'http:', socketPath },
    };
  }
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.pathname !== '/' || parsed.search !== '')
    throw wrong(id, url);
  if (parsed.username !== '' || parsed.password !== '') throw wrong(id, url);
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = parsed.protocol === 'https:';
  const verified = secure ? (serverName ?? (isIP(host) === 0 ? host : null)) : null;
  const trust = { ...(ca === null ? {} : { ca }), ...(verified === null ? {} : { servername: verified }) };
  return {
    origin: parsed.origin,
    connect: connector({ ...trust, allowH2: http2, useH2c: http2 && !secure, timeout: connectMsMax }),
    serverName: secure ? (verified ?? host) : null,
    plain: {
      protocol: secure ? 'https:' : 'http:',
      host,
      port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
      ...trust,
    },
  };
}

function connector(options: ConnectorOptions): buildConnector.connector {
  return buildConnector(options);
}

function wrong(id: string, url: string): LastcallError {
  return new LastcallError('usage', {
    what: `${JSON.stringify(url)} is not the address of an instance`,
    on: id,
    todo: 'Write http://host:port, https://host:port or unix:/path, without path, query or password.',
  });
}
