// A request's body on its way to an instance. It stands between the client's request and the transport, since a
// transport that gives up destroys what it reads, and that would take the client's connection with it before it has its
// answer. It counts, it keeps to a bound, and it notices a sender that has fallen silent.
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

export interface BodyLimits {
  /** 0 = no limit. */
  readonly bytesMax: number;
  /** Silence of the sender while we are waiting for it. */
  readonly idleMsMax: number;
}

export type BodyTrouble = 'too large' | 'silent' | 'cut';

export class RequestBody extends Readable {
  bytes = 0;
  readonly #request: IncomingMessage;
  readonly #timer: NodeJS.Timeout;
  readonly #detach: () => void;

  /** @param trouble told once, before the body is destroyed */
  constructor(request: IncomingMessage, limits: BodyLimits, trouble: (what: BodyTrouble) => void) {
    super({ highWaterMark: 64 * 1024 });
    this.#request = request;
    // Whoever fails tells the exchange; nobody else listens.
    this.on('error', () => {});
    const fail = (what: BodyTrouble) => {
      if (this.destroyed) return;
      trouble(what);
      this.destroy(new Error(`the request's body is ${what}`));
    };
    const data = (chunk: Buffer) => {
      this.bytes += chunk.length;
      this.#timer.refresh();
      if (limits.bytesMax > 0 && this.bytes > limits.bytesMax) return fail('too large');
      if (!this.push(chunk)) request.pause();
    };
    const end = () => {
      clearTimeout(this.#timer);
      this.push(null);
    };
    const cut = () => {
      if (!request.complete) fail('cut');
    };
    this.#timer = setTimeout(() => {
      if (request.isPaused()) this.#timer.refresh();
      else fail('silent');
    }, limits.idleMsMax);
    this.#timer.unref();
    request.on('data', data).on('end', end).on('close', cut).on('error', cut).pause();
    this.#detach = () => request.off('data', data).off('end', end).off('close', cut);
  }

  override _read(): void {
    this.#request.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#detach();
    callback(error);
  }
}

/** A body that is small enough to be kept whole: read before anybody is asked where it goes, and good for a second try. */
export const WHOLE_BYTES_MAX = 16 * 1024;

/**
 * Reads a body of a stated length, at most WHOLE_BYTES_MAX.
 * @param done its bytes, or what went wrong
 */
export function readWhole(
  request: IncomingMessage,
  length: number,
  idleMsMax: number,
  done: (body: Buffer | BodyTrouble) => void,
): void {
  let chunks: Buffer | Buffer[] | null = null;
  let over = false;
  const settle = (body: Buffer | BodyTrouble) => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    done(body);
  };
  let timer: NodeJS.Timeout | undefined;
  request.on('data', (chunk: Buffer) => {
    timer?.refresh();
    // Nearly always it is one.
    if (chunks === null) chunks = chunk.length === length ? chunk : [chunk];
    else if (Array.isArray(chunks)) chunks.push(chunk);
  });
  request.on('end', () => settle(Array.isArray(chunks) ? Buffer.concat(chunks) : (chunks ?? Buffer.alloc(0))));
  request.on('close', () => settle('cut'));
  request.on('error', () => settle('cut'));
  // Most bodies have come with their heads: the timer is for those that have not.
  setImmediate(() => {
    if (!over) timer = setTimeout(() => settle('silent'), idleMsMax).unref();
  });
}
