// What the gateway counts of requests: by route, instance, version and status, with latency. For /metrics, for the analysis
// of a roll-out (figures of a version since some moment), and for whoever asks how many there were.
import type { MetricFamily } from '../../lifecycle/index.ts';
import type { GatewayState } from '../core/types.ts';

/** Seconds; as usual for HTTP, with room for answers of language models. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Series at most; what would be more is counted under `other`. */
const SERIES_MAX = 20_000;

interface Histogram {
  readonly counts: Float64Array;
  sum: number;
  count: number;
}

export interface RequestRecord {
  readonly route: string;
  readonly model: string;
  readonly instance: string;
  readonly version: string;
  /** Status, or what became of it without one: `cut`, `abandoned`, `connect` … */
  readonly code: string;
  readonly seconds: number;
  /** Null: it says nothing of the version (the client left). */
  readonly isError: boolean | null;
}

/** Figures of one version from a moment on. */
export interface VersionFigures {
  readonly requests: number;
  readonly errors: number;
  readonly errorRatio: number | null;
  /** From a reservoir of recent answers, milliseconds; null: none yet (invariant 9). */
  quantileMs(quantile: number): number | null;
}

interface VersionTotals {
  requests: number;
  errors: number;
  /** Latest latencies in milliseconds, in a ring. */
  readonly latest: Float64Array;
  seen: number;
}

const LATENCIES_KEPT = 2_048;

export class Records {
  readonly #requests = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>();
  readonly #latency = new Map<string, { labels: Record<string, string>; histogram: Histogram }>();
  readonly #versions = new Map<string, VersionTotals>();

  add(record: RequestRecord): void {
    const { route, instance, version, code, model } = record;
    this.#increment({ route, instance, version, code });
    this.#observe(route, version, record.seconds);
    if (record.isError !== null) this.#count(`${model}/${version}`, record.isError, record.seconds * 1_000);
  }

  /** Answered by the gateway itself. */
  refused(route: string, code: string): void {
    this.#increment({ route, instance: '', version: '', code });
  }

  /** Figures since the given earlier totals. @param since as `totalsOf` gave them */
  figuresOf(
    pool: string,
    since: { readonly requests: number; readonly errors: number; readonly seen: number },
  ): VersionFigures {
    const totals = this.#versions.get(pool);
    const requests = (totals?.requests ?? 0) - since.requests;
    const errors = (totals?.errors ?? 0) - since.errors;
    const recent = totals === undefined ? [] : recentOf(totals, totals.seen - since.seen).sort((a, b) => a - b);
    return {
      requests,
      errors,
      errorRatio: requests > 0 ? errors / requests : null,
      quantileMs: (quantile) =>
        recent.length === 0 ? null : recent[Math.min(recent.length - 1, Math.floor(quantile * recent.length))]!,
    };
  }

  totalsOf(pool: string): { requests: number; errors: number; seen: number } {
    const { requests = 0, errors = 0, seen = 0 } = this.#versions.get(pool) ?? {};
    return { requests, errors, seen };
  }

  families(state: GatewayState): readonly MetricFamily[] {
    return [
      {
        name: 'lastcall_gateway_requests_total',
        help: 'Requests by route, instance, version and status; without a status, what became of them.',
        type: 'counter',
        samples: [...this.#requests.values()],
      },
      {
        name: 'lastcall_gateway_in_flight',
        help: 'Requests in flight on each instance.',
        type: 'gauge',
        samples: [...state.instances.values()].map(({ id, inFlight }) => ({
          labels: { instance: id },
          value: inFlight,
        })),
      },
      {
        name: 'lastcall_gateway_latency_seconds',
        help: 'From the choice of an instance to the end of its answer.',
        type: 'histogram',
        samples: [...this.#latency.values()].flatMap(({ labels, histogram }) => samplesOf(labels, histogram)),
      },
      {
        name: 'lastcall_gateway_instance_state',
        help: 'State of each instance: 1 for the state that it is in.',
        type: 'gauge',
        samples: [...state.instances.values()].map(({ id, state: at }) => ({
          labels: { instance: id, state: at },
          value: 1,
        })),
      },
      {
        name: 'lastcall_gateway_waiting',
        help: 'Requests that wait for a place.',
        type: 'gauge',
        samples: [{ labels: {}, value: state.totals.waiting }],
      },
    ];
  }

  #increment(labels: {
    readonly route: string;
    readonly instance: string;
    readonly version: string;
    readonly code: string;
  }): void {
    const { route, instance, version, code } = labels;
    const key = `${route}\0${instance}\0${version}\0${code}`;
    const known = this.#requests.get(key);
    if (known) {
      known.value += 1;
      return;
    }
    if (this.#requests.size < SERIES_MAX) this.#requests.set(key, { labels, value: 1 });
    else if (route !== 'other') this.#increment({ route: 'other', instance: 'other', version: 'other', code });
  }

  #observe(route: string, version: string, seconds: number): void {
    const key = `${route}\0${version}`;
    let series = this.#latency.get(key);
    if (!series) {
      if (this.#latency.size >= SERIES_MAX / 10) return;
      const histogram = { counts: new Float64Array(BUCKETS.length), sum: 0, count: 0 };
      this.#latency.set(key, (series = { labels: { route, version }, histogram }));
    }
    const { histogram } = series;
    histogram.sum += seconds;
    histogram.count += 1;
    const bucket = BUCKETS.findIndex((limit) => seconds <= limit);
    if (bucket >= 0) histogram.counts[bucket]! += 1;
  }

  #count(pool: string, isError: boolean, latencyMs: number): void {
    let totals = this.#versions.get(pool);
    if (!totals)
      this.#versions.set(
        pool,
        (totals = { requests: 0, errors: 0, latest: new Float64Array(LATENCIES_KEPT), seen: 0 }),
      );
    totals.requests += 1;
    if (isError) totals.errors += 1;
    totals.latest[totals.seen % LATENCIES_KEPT] = latencyMs;
    totals.seen += 1;
  }
}

function recentOf(totals: VersionTotals, count: number): number[] {
  const kept = Math.min(count, LATENCIES_KEPT);
  return Array.from({ length: kept }, (_, back) => totals.latest[(totals.seen - 1 - back) % LATENCIES_KEPT]!);
}

function samplesOf(labels: Record<string, string>, { counts, sum, count }: Histogram): MetricFamily['samples'] {
  let cumulative = 0;
  const buckets = BUCKETS.map((limit, index) => {
    cumulative += counts[index]!;
    return { labels: { ...labels, le: String(limit) }, value: cumulative, suffix: '_bucket' };
  });
  return [
    ...buckets,
    { labels: { ...labels, le: '+Inf' }, value: count, suffix: '_bucket' },
    { labels, value: sum, suffix: '_sum' },
    { labels, value: count, suffix: '_count' },
  ];
}
