// Calls to `lastcall serve` (contracts, "HTTP API"), with its key; answers are bounded in time and size.
import { boundedText } from '../bounded-text.ts';

const TIMEOUT_MS = 40_000;
const BYTES_MAX = 1024 * 1024;

export interface SchedulerAnswer {
  readonly status: number;
  /** JSON, or null for anything else. */
  readonly body: unknown;
}

export class SchedulerClient {
  readonly #url: string;
  readonly #key: string | null;

  /** @param url such as `http://127.0.0.1:8765` @param key `lck_…`; null for a scheduler without keys */
  constructor(url: string, key: string | null) {
    this.#url = url;
    this.#key = key;
  }

  /** @throws Error if no answer came */
  async call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    idempotencyKey: string | null,
    signal: AbortSignal,
  ): Promise<SchedulerAnswer> {
    const answer = await fetch(new URL(path, this.#url), {
      method,
      headers: {
        accept: 'application/json',
        ...(this.#key === null ? {} : { authorization: `Bearer ${this.#key}` }),
        ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
      },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const text = await boundedText(answer, BYTES_MAX);
    try {
      return { status: answer.status, body: JSON.parse(text) };
    } catch {
      return { status: answer.status, body: null };
    }
  }
}
