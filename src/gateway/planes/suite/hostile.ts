// What clients send that mean harm, a row each: the status that they get, and proof that the instance saw nothing of it.
export interface Attack {
  readonly name: string;
  readonly send: string;
  /** Answers that are right. */
  readonly status: RegExp;
}

const POST = 'POST /a HTTP/1.1\r\nHost: h\r\n';
const GET = 'GET /a HTTP/1.1\r\nHost: h\r\n';
/** What somebody tries to have the instance take for a request of its own. */
const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: h\r\n\r\n';
const BAD = /^HTTP\/1\.1 400 /;
const TOO_LARGE = /^HTTP\/1\.1 431 /;

export const ATTACKS: readonly Attack[] = [
  {
    name: 'a length and a transfer coding',
    send: `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    status: BAD,
  },
  {
    name: 'a transfer coding and a length',
    send: `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    status: BAD,
  },
  { name: 'two lengths', send: `${POST}Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello${SMUGGLED}`, status: BAD },
  { name: 'two lengths in one field', send: `${POST}Content-Length: 5, 5\r\n\r\nhello`, status: BAD },
  { name: 'a length with a sign', send: `${POST}Content-Length: +5\r\n\r\nhello`, status: BAD },
  { name: 'a length below nothing', send: `${POST}Content-Length: -1\r\n\r\n`, status: BAD },
  {
    name: 'a length that no number holds',
    send: `${POST}Content-Length: 99999999999999999999999\r\n\r\n`,
    status: BAD,
  },
  {
    name: 'a chunk size that no number holds',
    send: `${POST}Transfer-Encoding: chunked\r\nX: y\r\n\r\nffffffffffffffffff\r\n`,
    status: BAD,
  },
  { name: 'bare line feeds', send: 'GET /a HTTP/1.1\nHost: h\n\n', status: BAD },
  { name: 'a bare line feed after a field', send: `${GET}X: 1\nY: 2\r\n\r\n`, status: BAD },
  { name: 'a carriage return within a field', send: `${GET}X: 1\rY: 2\r\n\r\n`, status: BAD },
  { name: 'a zero byte within a field', send: `${GET}X: 1\0\r\n\r\n`, status: BAD },
  { name: 'a folded field', send: `${GET}X: 1\r\n 2\r\n\r\n`, status: BAD },
  { name: 'white space before a colon', send: `${POST}Content-Length : 5\r\n\r\nhello`, status: BAD },
  { name: 'a field without a name', send: `${GET}: x\r\n\r\n`, status: BAD },
  {
    name: 'a disguised transfer coding',
    send: `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
    status: /^HTTP\/1\.1 (400|501) /,
  },
  { name: 'an absolute target', send: 'GET http://169.254.169.254/latest HTTP/1.1\r\nHost: h\r\n\r\n', status: BAD },
  {
    name: 'a target that names a host by two slashes',
    send: 'GET //evil.example/ HTTP/1.1\r\nHost: h\r\n\r\n',
    status: BAD,
  },
  {
    name: 'a target that names a host by a backslash',
    send: 'GET /\\evil.example/ HTTP/1.1\r\nHost: h\r\n\r\n',
    status: BAD,
  },
  { name: 'a target without a slash', send: 'GET a HTTP/1.1\r\nHost: h\r\n\r\n', status: BAD },
  { name: 'a target that is not UTF-8', send: 'GET /\xc3\x28 HTTP/1.1\r\nHost: h\r\n\r\n', status: BAD },
  { name: 'a Host with a path', send: 'GET / HTTP/1.1\r\nHost: h/../x\r\n\r\n', status: BAD },
  { name: 'a Host with credentials', send: 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n', status: BAD },
  { name: 'a version that there is not', send: 'GET / HTTP/9.9\r\nHost: h\r\n\r\n', status: /^HTTP\/1\.1 (400|505) / },
  { name: 'the preface of HTTP/2', send: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: BAD },
  {
    name: 'too many fields',
    send: `${GET}${Array.from({ length: 500 }, (_, index) => `x${index}: 1\r\n`).join('')}\r\n`,
    status: TOO_LARGE,
  },
  { name: 'a huge cookie', send: `${GET}Cookie: a=${'x'.repeat(64 * 1_024)}\r\n\r\n`, status: TOO_LARGE },
  {
    name: 'a target without an end',
    send: `GET /${'x'.repeat(64 * 1_024)} HTTP/1.1\r\nHost: h\r\n\r\n`,
    status: /^HTTP\/1\.1 (414|431) /,
  },
];
