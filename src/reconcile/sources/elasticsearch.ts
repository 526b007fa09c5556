// Elasticsearch and OpenSearch: `_search` over a point in time, so that pages neither skip nor repeat while documents are
// written (Elasticsearch reference, "Paginate search results"; OpenSearch, "Point in Time"). Documents become visible late and
// out of order, so a later run goes back by a margin; what is read twice changes nothing.
import { setTimeout as wait } from 'node:timers/promises';
import { LastcallError, messageOf } from '../../base/errors.ts';
import { BadRecord } from '../../stream/index.ts';
import { readLine, type FieldMap } from '../read-line.ts';
import { fetchJson } from './fetch-json.ts';
import type { LogBatch, LogSource, Row } from './source.ts';

const PAGE = 5_000;
const KEEP_ALIVE = '2m';
/** Later reads go back by this much, for documents that were indexed late. */
const OVERLAP_MS = 60_000;
const POLL_MS = 5_000;

interface Page {
  readonly pit_id?: string;
  readonly hits?: { readonly hits?: readonly Hit[] };
}

interface Hit {
  readonly _id: string;
  readonly _source?: Record<string, unknown>;
  readonly sort?: readonly unknown[];
}

export interface ElasticsearchOptions {
  readonly map: FieldMap;
  readonly follow: boolean;
  /** Field that documents are sorted by. */
  readonly timeField: string;
}

/** @param url such as `elasticsearch+http://127.0.0.1:9200/logs-*`, or opensearch+https://… */
export function openElasticsearch(url: URL, options: ElasticsearchOptions): LogSource {
  const isOpenSearch = url.protocol.startsWith('opensearch');
  const base = new URL(url.href.replace(/^(elasticsearch|opensearch)\+/, ''));
  const index = base.pathname.replace(/^\/+/, '');
  if (index === '' || index.includes('/')) {
    throw new LastcallError('usage', {
      what: 'the address names no index',
      on: `${base.origin}${base.pathname}`,
      todo: 'Write it as elasticsearch+http://HOST:9200/INDEX.',
    });
  }
  return new Elasticsearch(base, index, isOpenSearch, options);
}

class Elasticsearch implements LogSource {
  readonly name: string;
  readonly #base: URL;
  readonly #index: string;
  readonly #isOpenSearch: boolean;
  readonly #options: ElasticsearchOptions;
  #pointInTime: string | null = null;
  #after: readonly unknown[] | null = null;

  constructor(base: URL, index: string, isOpenSearch: boolean, options: ElasticsearchOptions) {
    this.name = `elasticsearch:${base.host}/${index}`;
    this.#base = base;
    this.#index = index;
    this.#isOpenSearch = isOpenSearch;
    this.#options = options;
  }

  async read(position: unknown, signal: AbortSignal): Promise<LogBatch | 'idle' | 'end'> {
    this.#pointInTime ??= await this.#openPointInTime(signal);
    const fromMs = typeof position === 'number' ? position - OVERLAP_MS : null;
    const { timeField } = this.#options;
    const page = (await fetchJson({
      method: 'POST',
      url: this.#at('/_search'),
      signal,
      body: {
        size: PAGE,
        pit: { id: this.#pointInTime, keep_alive: KEEP_ALIVE },
        sort: [{ [timeField]: 'asc' }, { _shard_doc: 'asc' }],
        track_total_hits: false,
        ...(fromMs === null ? {} : { query: { range: { [timeField]: { gte: new Date(fromMs).toISOString() } } } }),
        ...(this.#after ? { search_after: this.#after } : {}),
      },
    })) as Page;
    this.#pointInTime = page.pit_id ?? this.#pointInTime;
    const hits = page.hits?.hits ?? [];
    const last = hits.at(-1);
    if (!last) {
      await this.#closePointInTime();
      return this.#options.follow ? 'idle' : 'end';
    }
    this.#after = last.sort ?? null;
    // The query keeps the start that this pass began with; only the next pass begins at the new position.
    return { rows: hits.map((hit) => this.#rowOf(hit)), position: this.#passFrom(position, last) };
  }

  async more(signal: AbortSignal): Promise<void> {
    await wait(POLL_MS, undefined, { signal }).catch(() => {});
  }

  async close(): Promise<void> {
    await this.#closePointInTime();
  }

  #passFrom(position: unknown, last: Hit): unknown {
    const timeMs = last.sort?.[0];
    return typeof timeMs === 'number' ? Math.max(timeMs, typeof position === 'number' ? position : 0) : position;
  }

  #rowOf(hit: Hit): Row {
    try {
      return readLine(hit._source, this.#options.map);
    } catch (error) {
      return new BadRecord(messageOf(error), JSON.stringify(hit._source), `${this.#index}/${hit._id}`);
    }
  }

  async #openPointInTime(signal: AbortSignal): Promise<string> {
    this.#after = null;
    const path = this.#isOpenSearch ? '_search/point_in_time' : '_pit';
    const url = this.#at(`/${this.#index}/${path}`);
    url.searchParams.set('keep_alive', KEEP_ALIVE);
    const answer = (await fetchJson({ method: 'POST', url, signal })) as { id?: string; pit_id?: string };
    return answer.id ?? answer.pit_id ?? '';
  }

  async #closePointInTime(): Promise<void> {
    const id = this.#pointInTime;
    this.#pointInTime = null;
    if (id === null) return;
    const [path, body] = this.#isOpenSearch ? ['/_search/point_in_time', { pit_id: [id] }] : ['/_pit', { id }];
    try {
      await fetchJson({ method: 'DELETE', url: this.#at(path), body, signal: AbortSignal.timeout(5_000) });
    } catch {
      // It expires by itself.
    }
  }

  #at(path: string): URL {
    const url = new URL(path, this.#base.origin);
    url.username = this.#base.username;
    url.password = this.#base.password;
    return url;
  }
}
