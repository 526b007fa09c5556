// What a proxy does to the heads of messages (RFC 9110, 7.6): fields that belong to one connection are taken away in
// both directions, also those that `Connection` names; Via is added; what a client says about hops before us counts only
// as far as hops are trusted. Framing (Content-Length) always stays.
import type { IncomingHttpHeaders } from 'node:http';

import type { HeaderChanges } from '../ports.ts';

/** RFC 9110, 7.6.1, with the fields of RFC 9110, 11.7 that are for a proxy itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
]);

/** Set anew from the connection, or checked before: never copied as they are. */
const OURS = new Set(['via', 'host', 'content-length', 'expect', 'forwarded', 'x-real-ip']);

const FORWARDED_PREFIX = 'x-forwarded-';

/** Flat: name, value, name, value … */
export type FlatHeaders = string[];

export interface RequestSource {
  readonly method: string;
  /** Flat, as it came. */
  readonly raw: readonly string[];
  readonly headers: IncomingHttpHeaders;
  /** `1.1`, `2`: for Via. */
  readonly version: string;
  readonly forwarded: Forwarded;
}

/** Who asked, by hops that are trusted. */
export interface Forwarded {
  readonly client: string;
  /** For X-Forwarded-For: the client and trusted hops. */
  readonly chain: string;
  readonly scheme: string;
  readonly host: string;
}

/** Names that `Connection` lists, lower case; null if it names none beside what is always taken away. */
export function nominated(connection: string | readonly string[] | undefined): ReadonlySet<string> | null {
  if (connection === undefined) return null;
  const plain = String(connection).toLowerCase();
  if (plain === 'keep-alive' || plain === 'close') return null;
  const names = new Set<string>();
  for (const part of plain.split(',')) names.add(part.trim());
  return names;
}

/** Head of the request as an instance gets it, without Host and Content-Length, which the transport sets. */
export function requestHeaders(source: RequestSource, via: string, changes: HeaderChanges | null): FlatHeaders {
  const { raw, headers, forwarded } = source;
  const named = nominated(headers.connection);
  const out: FlatHeaders = [];
  let cookies = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!;
    const lower = name.toLowerCase();
    // HTTP/2 may send a cookie in crumbs, which HTTP/1.1 has as one field (RFC 9113, 8.2.3); Node has joined them.
    if (lower === 'cookie' && cookies++ > 0) continue;
    if (lower.startsWith(':') || HOP_BY_HOP.has(lower) || OURS.has(lower) || lower.startsWith(FORWARDED_PREFIX))
      continue;
    if (named?.has(lower)) continue;
    const value = lower === 'cookie' ? (headers.cookie ?? '') : raw[index + 1]!;
    out.push(name, lower === 'max-forwards' && source.method === 'OPTIONS' ? oneLess(value) : value);
  }
  const before = headers.via;
  const own = `${source.version} ${via}`;
  out.push('Via', before === undefined || named?.has('via') ? own : `${before}, ${own}`);
  out.push('X-Forwarded-For', forwarded.chain, 'X-Forwarded-Proto', forwarded.scheme);
  if (forwarded.host !== '') out.push('X-Forwarded-Host', forwarded.host);
  return changes === null ? out : changed(out, changes);
}

/** Head of the answer as the client gets it. @param headers names in lower case, as the transport parsed them */
export function answerHeaders(headers: IncomingHttpHeaders, via: string, changes: HeaderChanges | null): FlatHeaders {
  const named = nominated(headers.connection);
  const out: FlatHeaders = [];
  for (const name in headers) {
    if (HOP_BY_HOP.has(name) || (named?.has(name) && name !== 'content-length')) continue;
    const value = headers[name];
    if (typeof value === 'string') out.push(name, value);
    else if (value !== undefined) for (const one of value) out.push(name, one);
  }
  out.push('via', `1.1 ${via}`);
  return changes === null ? out : changed(out, changes);
}

/** RFC 9110, 7.6.2. */
function oneLess(value: string): string {
  return /^\d{1,9}$/.test(value) ? String(Number(value) - 1) : value;
}

function changed(headers: FlatHeaders, changes: HeaderChanges): FlatHeaders {
  const replaced = new Set<string>();
  for (let index = 0; index < changes.length; index += 2) {
    const name = changes[index]!;
    if (name !== 'set-cookie') replaced.add(name);
  }
  const out: FlatHeaders = [];
  for (let index = 0; index < headers.length; index += 2) {
    if (!replaced.has(headers[index]!.toLowerCase())) out.push(headers[index]!, headers[index + 1]!);
  }
  for (let index = 0; index < changes.length; index += 2) {
    const value = changes[index + 1]!;
    if (value !== null) out.push(changes[index]!, value);
  }
  return out;
}
