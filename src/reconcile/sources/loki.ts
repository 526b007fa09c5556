// Grafana Loki: `query_range`, forward, page by page (Loki HTTP API, "Query logs within a range of time"). A page ends at a time
// stamp; the next one begins at the same stamp, since more lines may have it. What is read twice changes nothing.
import { setTimeout as wait } from 'node:timers/promises';
import { LastcallError } from '../../base/errors.ts';
import type { FieldMap } from '../read-line.ts';
import { fetchJson } from './fetch-json.ts';
import type { LogBatch, LogSource } from './source.ts';
import { rowOf } from './text-lines.ts';

/** Loki's own limit unless its configuration says otherwise. */
const PAGE = 5_000;
const POLL_MS = 5_000;
/** Later runs go back by this much, for lines that were taken in late. */
const OVERLAP_NS = 60_000_000_000n;
const DAY_NS = 86_400_000_000_000n;

interface Answer {
  readonly data?: { readonly result?: readonly { readonly values?: readonly (readonly [string, string])[] }[] };
}

export interface LokiOptions {
  readonly map: FieldMap;
  readonly follow: boolean;
  /** A LogQL selector such as `{app="trainer"}`. */
  readonly query: string;
  /** How far back the first read goes. */
  readonly sinceMs: number;
  readonly nowMs: () => number;
}

/** @param url such as `loki+http://127.0.0.1:3100` */
export function openLoki(url: URL, options: LokiOptions): LogSource {
  if (options.query === '') {
    const todo = `Give one, such as --query '{app="trainer"}'.`;
    throw new LastcallError('usage', { what: 'Loki needs a query', on: url.origin, todo });
  }
  return new Loki(new URL(url.href.replace(/^loki\+/, '')), options);
}

class Loki implements LogSource {
  readonly name: string;
  readonly #base: URL;
  readonly #options: LokiOptions;
  /** This pass goes on here, and ends there. */
  #pass: { from: bigint; readonly to: bigint } | null = null;

  constructor(base: URL, options: LokiOptions) {
    this.name = `loki:${base.host}${options.query}`;
    this.#base = base;
    this.#options = options;
  }

  async read(position: unknown, signal: AbortSignal): Promise<LogBatch | 'idle' | 'end'> {
    const pass = (this.#pass ??= this.#begin(position));
    while (pass.from < pass.to) {
      // Loki refuses ranges longer than its limit (30 days by default).
      const to = pass.from + DAY_NS < pass.to ? pass.from + DAY_NS : pass.to;
      const entries = await this.#query(pass.from, to, signal);
      const last = entries.at(-1);
      if (entries.length < PAGE) pass.from = to;
      else pass.from = this.#beyond(pass.from, last!.at);
      if (!last) continue;
      const rows = entries.map(({ at, text }) => rowOf(text, `${this.name} at ${at}`, this.#options.map));
      return { rows, position: String(last.at) };
    }
    this.#pass = null;
    return this.#options.follow ? 'idle' : 'end';
  }

  async more(signal: AbortSignal): Promise<void> {
    await wait(POLL_MS, undefined, { signal }).catch(() => {});
  }

  async close(): Promise<void> {}

  #begin(position: unknown): { from: bigint; to: bigint } {
    const nowMs = this.#options.nowMs();
    const from =
      typeof position === 'string'
        ? BigInt(position) - OVERLAP_NS
        : BigInt(Math.floor(nowMs - this.#options.sinceMs)) * 1_000_000n;
    return { from, to: BigInt(Math.floor(nowMs)) * 1_000_000n };
  }

  /** A full page whose stamps are all the same would come again for ever. */
  #beyond(from: bigint, last: bigint): bigint {
    if (last > from) return last;
    throw new LastcallError('dependency', {
      what: `more than ${PAGE} lines have the same time, and Loki gives no way to page through them`,
      on: `${this.name} at ${last}`,
      todo: 'Narrow the query, so that each part has fewer.',
    });
  }

  async #query(from: bigint, to: bigint, signal: AbortSignal): Promise<{ at: bigint; text: string }[]> {
    const url = new URL('/loki/api/v1/query_range', this.#base);
    url.searchParams.set('query', this.#options.query);
    url.searchParams.set('start', String(from));
    url.searchParams.set('end', String(to));
    url.searchParams.set('limit', String(PAGE));
    url.searchParams.set('direction', 'forward');
    const { data } = (await fetchJson({ method: 'GET', url, signal })) as Answer;
    const entries = (data?.result ?? []).flatMap(({ values }) => values ?? []);
    return entries
      .map(([at, text]) => ({ at: BigInt(at), text }))
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }
}
