// One attempt to deliver one output, and what its answer means.
import { messageOf } from '../../../base/errors.ts';

/**
 * - `delivered`: the other side has it
 * - `refused`: it will never take this output
 * - `failed`: something went wrong with this output, another attempt may succeed
 * - `down`: the other side is not there, or does not let us in; says nothing about this output
 */
export type Verdict = 'delivered' | 'refused' | 'failed' | 'down';

export interface Attempt {
  readonly verdict: Verdict;
  /** For people. */
  readonly reason: string;
  /** What the other side asked for, milliseconds; null if it did not. */
  readonly retryAfterMs: number | null;
}

export interface Delivery {
  readonly target: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly key: string;
  readonly body: string;
  readonly timeoutMs: number;
}

/** @param cancel aborts the attempt: it then counts as `down` */
export async function attempt(delivery: Delivery, nowMs: number, cancel: AbortSignal): Promise<Attempt> {
  const timeout = AbortSignal.timeout(delivery.timeoutMs);
  try {
    const response = await fetch(delivery.target, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...delivery.headers, 'idempotency-key': delivery.key },
      body: delivery.body,
      redirect: 'manual',
      signal: AbortSignal.any([timeout, cancel]),
    });
    const text = response.ok ? '' : await beginning(response);
    await response.body?.cancel();
    return {
      verdict: verdictOf(response.status),
      reason: `${response.status} ${text}`.trim(),
      retryAfterMs: retryAfterMs(response.headers.get('retry-after'), nowMs),
    };
  } catch (error) {
    if (timeout.aborted)
      return { verdict: 'failed', reason: `no answer within ${delivery.timeoutMs} ms`, retryAfterMs: null };
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return { verdict: 'down', reason: messageOf(cause), retryAfterMs: null };
  }
}

/**
 * Status codes: RFC 9110; 425 RFC 8470, 429 RFC 6585; 409 is what a server says while an earlier request with the same
 * key is under way (draft-ietf-httpapi-idempotency-key-header).
 */
export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return 'delivered';
  if (status === 408 || status === 409 || status === 425 || status === 500) return 'failed';
  // Missing credentials, redirects and proxies without a server behind them concern every output alike.
  if (status < 400 || status === 401 || status === 403 || status === 407 || status === 429) return 'down';
  if (status === 502 || status === 503 || status === 504) return 'down';
  return status < 500 ? 'refused' : 'failed';
}

const RETRY_AFTER_MS_MAX = 3_600_000;

/** Of `Retry-After`, seconds or a date (RFC 9110, 10.2.3); at most an hour. */
export function retryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  const waitMs = /^\d+$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(0, waitMs), RETRY_AFTER_MS_MAX);
}

const REASON_BYTES_MAX = 1_024;

/** The first bytes of an error's body, on one line. */
async function beginning(response: Response): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < REASON_BYTES_MAX) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      size += value.length;
    }
  } finally {
    reader.releaseLock();
  }
  return Buffer.concat(pieces).subarray(0, REASON_BYTES_MAX).toString('utf8').replaceAll(/\s+/g, ' ').trim();
}
