// What is refused before anybody is asked where it goes. Node's parser has refused broken framing already (both
// Transfer-Encoding and Content-Length, two lengths, bare line feeds: RFC 9112, 6.3 and 2.2); here is what it lets
// through and a proxy must not.
import type { IncomingMessage } from 'node:http';

export interface Refusal {
  readonly status: number;
  readonly detail: string;
}

/**
 * Origin-form with one leading slash (RFC 9112, 3.2.1). `//host` and `/\host` would name another host to whoever parses
 * it as a URL; absolute-form is for forward proxies, and this is none. No fragment; no bytes beyond ASCII.
 */
const TARGET = /^\/(?![/\\])[!-"$-~]*$/;

/** `host[:port]` (RFC 9110, 7.2), loosely: what cannot stand in a URL's authority is refused. */
const AUTHORITY = /^[\w.~!$&'()*+,;=%:[\]-]*$/;

/** More header fields than this are refused (431); their bytes are bounded by the server. */
const FIELDS_MAX = 200;

/** @param version HTTP version of the request, such as `1.1` */
export function refusalOf(request: IncomingMessage): Refusal | null {
  const { method = '', url = '', headers, rawHeaders, httpVersion } = request;
  if (method === 'CONNECT') return { status: 501, detail: 'CONNECT is for forward proxies' };
  if (method === 'TRACE') return { status: 501, detail: 'TRACE is not passed on' };
  if (!TARGET.test(url) && !(url === '*' && method === 'OPTIONS')) {
    return { status: 400, detail: 'the request target is not a path with one leading slash' };
  }
  if (rawHeaders.length > 2 * FIELDS_MAX) return { status: 431, detail: `more than ${FIELDS_MAX} header fields` };
  const coding = headers['transfer-encoding'];
  if (coding !== undefined) {
    // RFC 9112, 6.1: a coding that is not understood; and framing that HTTP/1.0 does not have.
    if (coding.toLowerCase() !== 'chunked') return { status: 501, detail: 'this transfer coding is not understood' };
    if (httpVersion === '1.0') return { status: 400, detail: 'HTTP/1.0 has no transfer codings' };
  }
  if (request.httpVersionMajor === 1 && moreThanOneHost(rawHeaders)) {
    return { status: 400, detail: 'more than one Host' };
  }
  // RFC 9110, 7.6.2: whoever counts down to nothing answers.
  if (method === 'OPTIONS' && String(headers['max-forwards']).trim() === '0') {
    return { status: 200, detail: 'this is where Max-Forwards ends' };
  }
  const { host } = headers;
  if (host !== undefined && !AUTHORITY.test(host)) return { status: 400, detail: 'Host is not a host' };
  return null;
}

function moreThanOneHost(raw: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]!.length === 4 && raw[index]!.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1;
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/** May be sent twice (RFC 9110, 9.2.2), or its sender says that the server knows a repetition. */
export function isRepeatable({ method = '', headers }: IncomingMessage): boolean {
  return IDEMPOTENT.has(method) || headers['idempotency-key'] !== undefined;
}
