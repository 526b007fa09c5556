// The typed client of the API: what the command line speaks to a server with, and nothing else. Answers are bounded in time and
// size; streams are followed across interruptions.
import { readFileSync } from 'node:fs';
import { LastcallError, messageOf } from '../base/errors.ts';
import { errorOf } from '../lifecycle/control/problem.ts';
import type { JobView, PoolView, StoredEvent } from '../scheduler/index.ts';
import { adminKeyPath, type KeyView, type Role } from './keys.ts';
import type { WireJob } from './schemas.ts';

const TIMEOUT_MS = 30_000;

export interface ClientOptions {
  /** Such as `http://127.0.0.1:8765`. */
  readonly url: string;
  /** null: a server without keys. */
  readonly key: string | null;
}

export interface LogPiece {
  readonly from: number;
  readonly bytes: Buffer;
}

export interface JobPage {
  readonly jobs: readonly JobView[];
  /** For the next page; null on the last. */
  readonly cursor: number | null;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export class ApiClient {
  readonly #url: string;
  readonly #key: string | null;

  constructor({ url, key }: ClientOptions) {
    this.#url = url.replace(/\/+$/, '');
    this.#key = key;
  }

  submit(job: WireJob, idempotencyKey: string): Promise<JobView | { readonly jobs: readonly JobView[] }> {
    return this.#call('POST', '/v1/jobs', { body: job, headers: { 'idempotency-key': idempotencyKey } });
  }

  jobs(query: Query): Promise<JobPage> {
    return this.#call('GET', '/v1/jobs', { query });
  }

  job(id: string): Promise<JobView> {
    return this.#call('GET', `/v1/jobs/${encodeURIComponent(id)}`);
  }

  cancel(id: string, query: Query = {}, timeoutMs = TIMEOUT_MS): Promise<JobView> {
    return this.#call('DELETE', `/v1/jobs/${encodeURIComponent(id)}`, { query, timeoutMs });
  }

  act(id: string, verb: 'preempt' | 'requeue' | 'complete' | 'lease', timeoutMs = TIMEOUT_MS): Promise<JobView> {
    return this.#call('POST', `/v1/jobs/${encodeURIComponent(id)}/${verb}`, { timeoutMs });
  }

  report(id: string): Promise<unknown> {
    return this.#call('GET', `/v1/jobs/${encodeURIComponent(id)}/report`);
  }

  pool(): Promise<PoolView> {
    return this.#call('GET', '/v1/pool');
  }

  resource(id: string, verb: 'check' | 'clear'): Promise<PoolView> {
    return this.#call('POST', `/v1/pool/${encodeURIComponent(id)}/${verb}`);
  }

  keys(): Promise<{ readonly keys: readonly KeyView[] }> {
    return this.#call('GET', '/v1/keys');
  }

  createKey(owner: string, role: Role): Promise<KeyView & { readonly key: string }> {
    return this.#call('POST', '/v1/keys', { body: { owner, role } });
  }

  revokeKey(id: string): Promise<unknown> {
    return this.#call('DELETE', `/v1/keys/${encodeURIComponent(id)}`);
  }

  /** A piece of a log; null while there is none. */
  async log(id: string, query: Query): Promise<LogPiece | null> {
    const answer = await this.#fetch('GET', `/v1/jobs/${encodeURIComponent(id)}/logs`, { query });
    if (answer.status === 404) {
      const problem = errorOf(404, await answer.json(), id);
      if (/no log yet/.test(problem.what)) return null;
      throw problem;
    }
    if (!answer.ok) throw await refusal(answer, id);
    return { from: Number(answer.headers.get('x-log-from')), bytes: Buffer.from(await answer.arrayBuffer()) };
  }

  /** A log as it grows, until the job is over; goes on where it was cut. */
  async *followLog(id: string, query: Query, signal: AbortSignal): AsyncGenerator<LogPiece, void> {
    const path = `/v1/jobs/${encodeURIComponent(id)}/logs`;
    for await (const { event, data } of this.#events(path, { ...query, follow: true }, null, signal)) {
      if (event !== 'log') continue;
      const { from, base64 } = data as { from: number; base64: string };
      yield { from, bytes: Buffer.from(base64, 'base64') };
    }
  }

  /** Events after one, as they come. */
  async *followEvents(query: Query, after: number | null, signal: AbortSignal): AsyncGenerator<StoredEvent, void> {
    for await (const { event, data } of this.#events('/v1/events', { ...query, follow: true }, after, signal)) {
      if (event !== 'end') yield data as StoredEvent;
    }
  }

  async *#events(
    path: string,
    query: Query,
    after: number | null,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly event: string; readonly data: unknown }, void> {
    const headers: Record<string, string> = after === null ? {} : { 'last-event-id': String(after) };
    const answer = await this.#fetch('GET', path, { query, headers, signal, timeoutMs: null });
    if (!answer.ok) throw await refusal(answer, path);
    const decoder = new TextDecoder();
    let rest = '';
    let hasEnded = false;
    for await (const piece of answer.body ?? []) {
      rest += decoder.decode(piece, { stream: true });
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        const block = rest.slice(0, end);
        rest = rest.slice(end + 2);
        const event = /^event: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (event === undefined || data === undefined) continue;
        if (event === 'end') hasEnded = true;
        yield { event, data: JSON.parse(data) };
      }
    }
    if (hasEnded || signal.aborted) return;
    throw new LastcallError('io', { what: 'the connection was cut', on: this.#url, todo: 'Try again.' });
  }

  async #call<Value>(method: 'GET' | 'POST' | 'DELETE', path: string, options: CallOptions = {}): Promise<Value> {
    const answer = await this.#fetch(method, path, options);
    if (!answer.ok) throw await refusal(answer, path);
    return (await answer.json()) as Value;
  }

  async #fetch(method: string, path: string, options: CallOptions): Promise<Response> {
    const { query = {}, body, headers = {}, timeoutMs = TIMEOUT_MS, signal } = options;
    const url = new URL(this.#url + path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const signals = [signal, timeoutMs === null ? undefined : AbortSignal.timeout(timeoutMs)];
    try {
      return await fetch(url, {
        method,
        headers: {
          ...(this.#key === null ? {} : { authorization: `Bearer ${this.#key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'manual',
        signal: AbortSignal.any(signals.filter((each) => each !== undefined)),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new LastcallError('dependency', {
        what: `the server does not answer (${messageOf(cause)})`,
        on: this.#url,
        todo: 'Is `lastcall serve` running there? --server says where.',
        cause,
      });
    }
  }
}

interface CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** null: as long as it takes. */
  readonly timeoutMs?: number | null;
  readonly signal?: AbortSignal;
}

async function refusal(answer: Response, on: string): Promise<LastcallError> {
  return errorOf(answer.status, await answer.json().catch(() => null), on);
}

/** The administrator's key of a server on this machine; null if there is none that we may read. */
export function localAdminKey(stateDir: string): string | null {
  try {
    return readFileSync(adminKeyPath(stateDir), 'utf8').trim();
  } catch {
    return null;
  }
}
