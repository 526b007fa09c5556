// The access log: a JSON object a line, of a sample of the requests. Errors and what was refused are always in it. A log
// that cannot keep up loses lines and says how many; it never holds a request up.
import { createWriteStream, type WriteStream } from 'node:fs';
import { rfc3339, type Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Instance } from '../core/types.ts';
import type { AttemptEnd, PlaneRequest } from '../planes/ports.ts';
import type { ServedRequest } from './served.ts';

export interface AccessLogOptions {
  /** Part of the requests, 0 … 1. */
  readonly sample: number;
  /** Appended to, created with 0600. */
  readonly file: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Told once when the file cannot be written. */
  readonly failed: (error: Error) => void;
}

const BUFFERED_BYTES_MAX = 4 * 2 ** 20;

export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #stream: WriteStream;
  #dropped = 0;
  #broken = false;

  constructor(options: AccessLogOptions) {
    this.#options = options;
    this.#stream = createWriteStream(options.file, { flags: 'a', mode: 0o600 });
    this.#stream.on('error', (error) => {
      if (!this.#broken) options.failed(error);
      this.#broken = true;
    });
  }

  refused(request: PlaneRequest, route: string | null, reason: string, status: number): void {
    this.#write({ ...this.#of(request), route, status, outcome: 'returned', reason });
  }

  ended({ request, plan, attempts }: ServedRequest, instance: Instance, end: AttemptEnd): void {
    const wentWell = end.outcome === 'finished' && (end.status ?? 0) < 500;
    const { sample, random } = this.#options;
    if (wentWell && sample < 1 && random.next() >= sample) return;
    this.#write({
      ...this.#of(request),
      route: plan.route.name,
      model: plan.route.model,
      version: plan.ticket.version,
      instance: instance.id,
      status: end.status,
      outcome: end.outcome,
      ...(end.failure === null ? {} : { failure: end.failure }),
      attempt: attempts,
      request_bytes: end.requestBytes,
      response_bytes: end.responseBytes,
      first_byte_ms: end.firstByteMs,
      took_ms: end.tookMs,
    });
  }

  async close(): Promise<void> {
    if (this.#broken) return;
    await new Promise<void>((resolve) => {
      this.#stream.once('error', () => resolve());
      this.#stream.end(() => resolve());
    });
  }

  #of(request: PlaneRequest): Record<string, unknown> {
    const { id, method, target, authority, clientAddress } = request;
    // The query may carry secrets; the path is what says where it went.
    const query = target.indexOf('?');
    const path = query === -1 ? target : target.slice(0, query);
    const time = rfc3339(this.#options.clock.wallMs());
    return { time, event: 'access', id, method, host: authority, path, client: clientAddress };
  }

  #write(line: Record<string, unknown>): void {
    if (this.#broken) return;
    if (this.#stream.writableLength > BUFFERED_BYTES_MAX) {
      this.#dropped += 1;
      return;
    }
    const dropped = this.#dropped > 0 ? { dropped_lines: this.#dropped } : {};
    this.#dropped = 0;
    this.#stream.write(`${JSON.stringify({ ...line, ...dropped })}\n`);
  }
}
