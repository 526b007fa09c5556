// Who asked. Of what X-Forwarded-For lists, only as many entries count, from the right, as there are proxies of ours in
// front of us; the rest is whatever the client liked to write, and is not passed on.
import type { IncomingHttpHeaders } from 'node:http';

import type { Forwarded } from './head.ts';

export interface Connection {
  readonly peer: string;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
}

/** @param trustedHops how many proxies in front of us add to X-Forwarded-For; 0 = clients connect to us */
export function forwardedBy(headers: IncomingHttpHeaders, connection: Connection, trustedHops: number): Forwarded {
  const { scheme, authority } = connection;
  const peer = connection.peer.startsWith('::ffff:') ? connection.peer.slice(7) : connection.peer;
  if (trustedHops === 0) return { client: peer, chain: peer, scheme, host: authority };
  const told = headers['x-forwarded-for'];
  const listed = typeof told === 'string' ? told.split(',') : [];
  const chain = [...listed.map((entry) => entry.trim()).filter((entry) => entry !== ''), peer];
  const trusted = chain.slice(Math.max(0, chain.length - 1 - trustedHops));
  return {
    client: trusted[0]!,
    chain: trusted.join(', '),
    scheme: toldScheme(headers['x-forwarded-proto']) ?? scheme,
    host: lastOf(headers['x-forwarded-host']) ?? authority,
  };
}

function toldScheme(told: string | string[] | undefined): string | undefined {
  const scheme = lastOf(told);
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

function lastOf(told: string | string[] | undefined): string | undefined {
  if (typeof told !== 'string') return undefined;
  const last = told.slice(told.lastIndexOf(',') + 1).trim();
  return last === '' ? undefined : last;
}
