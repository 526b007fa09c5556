// Rules for proxies of RFC 9110 (HTTP semantics) and RFC 9112 (HTTP/1.1), a row each: what a client sends, what the
// instance then sees, what it answers, and what the client gets. `sees: null` means that nothing must arrive.
export interface Rule {
  /** RFC and section. */
  readonly of: string;
  readonly rule: string;
  readonly send: string;
  /** What the instance sees. */
  readonly sees: readonly RegExp[] | null;
  readonly seesNot?: readonly RegExp[];
  /** What the instance answers. Default: 200 with `ok`. */
  readonly answer?: string;
  readonly gets: readonly RegExp[];
  readonly getsNot?: readonly RegExp[];
}

export const GET = 'GET /a HTTP/1.1\r\nHost: model.example\r\n';
export const POST = 'POST /a HTTP/1.1\r\nHost: model.example\r\n';
export const status = (code: number): RegExp => new RegExp(`^HTTP/1\\.1 ${code} `);
export const ok = [status(200)];
export const bad = [status(400)];
/** Ends the connection, so that a test need not guess whether more comes. */
export const CLOSE = 'Connection: close\r\n';
