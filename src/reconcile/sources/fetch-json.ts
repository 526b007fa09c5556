// One JSON answer of a log store: bounded in time and size, redirects not followed, secrets from the environment only.
import { LastcallError, messageOf } from '../../base/errors.ts';
import { boundedText } from '../bounded-text.ts';

const TIMEOUT_MS = 30_000;
const BYTES_MAX = 256 * 1024 * 1024;

export interface JsonRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/** @throws LastcallError `dependency` that says what the store answered */
export async function fetchJson({ method, url, body, signal }: JsonRequest): Promise<unknown> {
  const on = `${method} ${url.origin}${url.pathname}`;
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(withoutUserInfo(url), {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...authorization(url) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    text = await boundedText(answer, BYTES_MAX);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new LastcallError('dependency', {
      what: messageOf(cause),
      on,
      todo: 'Is it up, and the address right?',
      cause,
    });
  }
  if (answer.ok) return JSON.parse(text);
  throw new LastcallError('dependency', {
    what: `it answered ${answer.status}: ${text.slice(0, 300)}`,
    on,
    todo: 'Check the address, the index or query, and LASTCALL_LOG_TOKEN.',
  });
}

/** `user:password@` of the address as basic authentication, else LASTCALL_LOG_TOKEN as a bearer token. */
function authorization(url: URL): Record<string, string> {
  if (url.username !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }
  const token = process.env['LASTCALL_LOG_TOKEN'];
  return token ? { authorization: `Bearer ${token}` } : {};
}

function withoutUserInfo(url: URL): URL {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return plain;
}
