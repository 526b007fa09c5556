// Whoever watches requests go by: figures, access log, traces. One interface, so that the path of a request knows one
// name; what is not asked for costs nothing.
import type { Instance } from '../core/types.ts';
import type { AttemptEnd, HeaderChanges, PlaneRequest } from '../planes/ports.ts';
import type { AccessLog } from './access-log.ts';
import { resultOf, type ServedRequest } from './served.ts';
import type { Records } from './records.ts';
import type { Tracing } from './tracing.ts';

export class RequestObserver {
  readonly #records: Records;
  readonly #log: AccessLog | null;
  readonly #tracing: Tracing | null;

  constructor(records: Records, log: AccessLog | null, tracing: Tracing | null) {
    this.#records = records;
    this.#log = log;
    this.#tracing = tracing;
  }

  /** Answered here, or refused. @param status 0: the connection was closed without a word */
  refused(request: PlaneRequest, route: string | null, reason: string, status: number): void {
    this.#records.refused(route ?? 'none', status === 0 ? reason : String(status));
    this.#log?.refused(request, route, reason, status);
    this.#tracing?.refused(request, reason, status);
  }

  /** Headers that carry the trace on. */
  trace(request: PlaneRequest): HeaderChanges | null {
    return this.#tracing?.begin(request) ?? null;
  }

  ended(served: ServedRequest, instance: Instance, end: AttemptEnd): void {
    const { plan, request } = served;
    const result = resultOf(end);
    this.#records.add({
      route: plan.route.name,
      model: plan.model.config.name,
      instance: instance.id,
      version: plan.ticket.version,
      code: codeOf(end),
      seconds: end.tookMs / 1_000,
      isError: result === 'silent' || result === 'cut' ? null : result !== 'ok',
    });
    this.#log?.ended(served, instance, end);
    this.#tracing?.ended(request, served, instance, end);
  }
}

/** The status that the client saw, or what became of the attempt without one. */
function codeOf({ outcome, status, failure }: AttemptEnd): string {
  if (outcome === 'finished') return String(status ?? 0);
  return failure ?? outcome;
}
