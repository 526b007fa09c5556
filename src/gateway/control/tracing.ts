// Spans of requests, by OpenTelemetry's API: an optional peer that does nothing until the program that runs the gateway
// registers an SDK. The W3C context of the client goes on; each request is a span of kind SERVER that ends with it.
import type * as OpenTelemetry from '@opentelemetry/api';
import type { Span, TextMapGetter, TextMapSetter } from '@opentelemetry/api';
import type { Instance } from '../core/types.ts';
import type { AttemptEnd, HeaderChanges, PlaneRequest } from '../planes/ports.ts';
import type { ServedRequest } from './served.ts';

type Api = Pick<typeof OpenTelemetry, 'context' | 'propagation' | 'trace' | 'SpanKind' | 'SpanStatusCode'>;

const GETTER: TextMapGetter<PlaneRequest['headers']> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, key) => headers[key.toLowerCase()],
};
const SETTER: TextMapSetter<string[]> = { set: (changes, key, value) => void changes.push(key.toLowerCase(), value) };

export class Tracing {
  readonly #api: Api;
  readonly #spans = new WeakMap<PlaneRequest, Span>();

  constructor(api: Api) {
    this.#api = api;
  }

  /** The API, if it is installed. */
  static async load(): Promise<Tracing | null> {
    try {
      return new Tracing(await import('@opentelemetry/api'));
    } catch {
      return null;
    }
  }

  /** Begins the span of a request, once; the headers that carry it on. */
  begin(request: PlaneRequest): HeaderChanges | null {
    const { context, propagation, trace, SpanKind } = this.#api;
    const parent = propagation.extract(context.active(), request.headers, GETTER);
    let span = this.#spans.get(request);
    if (!span) {
      const attributes = {
        'http.request.method': request.method,
        'url.path': request.target.split('?', 1)[0]!,
        'url.scheme': request.scheme,
        'server.address': request.authority,
        'client.address': request.clientAddress,
      };
      span = trace.getTracer('lastcall').startSpan(request.method, { kind: SpanKind.SERVER, attributes }, parent);
      this.#spans.set(request, span);
    }
    const changes: string[] = [];
    propagation.inject(trace.setSpan(parent, span), changes, SETTER);
    return changes.length === 0 ? null : changes;
  }

  refused(request: PlaneRequest, reason: string, status: number): void {
    this.begin(request);
    const span = this.#spans.get(request)!;
    span.setAttributes({ 'lastcall.refused': reason, 'http.response.status_code': status });
    span.end();
  }

  ended(request: PlaneRequest, { plan, attempts }: ServedRequest, instance: Instance, end: AttemptEnd): void {
    const span = this.#spans.get(request);
    if (!span) return;
    // A further attempt is a span of its own.
    this.#spans.delete(request);
    span.setAttributes({
      'http.route': plan.route.name,
      'lastcall.model': plan.route.model,
      'lastcall.version': plan.ticket.version,
      'lastcall.instance': instance.id,
      'lastcall.attempt': attempts,
      'lastcall.outcome': end.outcome,
      ...(end.status === null ? {} : { 'http.response.status_code': end.status }),
    });
    if ((end.status ?? 0) >= 500 || end.failure !== null) {
      span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: end.failure ?? String(end.status) });
    }
    span.end();
  }
}
