// The course of one attempt, as its watcher is told it: sent, answered, ended, each at most once and in this order.
import type { IncomingHttpHeaders } from 'node:http';

import type { AttemptEnd, Forward, Outcome } from '../ports.ts';
import type { PlaneContext } from './context.ts';
import type { Cuttable, NodeUpstream } from './upstream.ts';

export interface Bytes {
  readonly request: number;
  readonly response: number;
}

export class Course {
  readonly forward: Forward;
  readonly upstream: NodeUpstream;
  /** The instance may have acted on it. */
  reached = false;
  readonly #context: PlaneContext;
  readonly #open: Cuttable;
  readonly #beganAtMs: number;
  #status: number | null = null;
  #firstByteMs: number | null = null;
  #over = false;

  /** @param open what is open on the upstream from now until the end */
  constructor(context: PlaneContext, forward: Forward, open: Cuttable) {
    this.forward = forward;
    // Whoever directs gets its upstreams from this plane and no other.
    this.upstream = forward.upstream as NodeUpstream;
    this.#context = context;
    this.#open = open;
    this.#beganAtMs = context.nowMs();
    this.upstream.add(open);
  }

  sent(): void {
    this.reached = true;
    this.forward.watcher.sent();
  }

  answered(status: number, stream: boolean, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#firstByteMs = this.#context.nowMs() - this.#beganAtMs;
    this.forward.watcher.answered(status, stream, headers);
  }

  ended(outcome: Outcome, failure: AttemptEnd['failure'], { request, response }: Bytes): void {
    if (this.#over) return;
    this.#over = true;
    this.upstream.remove(this.#open);
    this.forward.watcher.ended({
      outcome,
      failure,
      status: this.#status,
      requestBytes: request,
      responseBytes: response,
      firstByteMs: this.#firstByteMs,
      tookMs: this.#context.nowMs() - this.#beganAtMs,
    });
  }
}
