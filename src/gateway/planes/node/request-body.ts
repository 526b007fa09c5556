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
 * Reads bodies of a stated length, at most WHOLE_BYTES_MAX. Nearly every one has come with its head, so there is no timer
 * for each: those that have not come are looked at now and then, together.
 */
export class WholeBodies {
  readonly #idleMsMax: number;
  readonly #pending = new Set<WholeBody>();
  #timer: NodeJS.Timeout | undefined;

  constructor(idleMsMax: number) {
    this.#idleMsMax = idleMsMax;
  }

  /** @param done its bytes, or what went wrong */
  read(request: IncomingMessage, length: number, done: (body: Buffer | BodyTrouble) => void): void {
    const body = new WholeBody(request, length, (result) => {
      this.#pending.delete(body);
      done(result);
    });
    this.#pending.add(body);
    this.#timer ??= setInterval(() => this.#look(), Math.ceil(this.#idleMsMax / LOOKS_PER_IDLE_TIME)).unref();
  }

  #look(): void {
    if (this.#pending.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    for (const body of this.#pending) body.look();
  }
}

/** Silence is noticed at most a fourth later than it is allowed to last. */
const LOOKS_PER_IDLE_TIME = 4;

class WholeBody {
  readonly #settle: (body: Buffer | BodyTrouble) => void;
  #chunks: Buffer[] = [];
  #looks = 0;
  #over = false;

  constructor(request: IncomingMessage, length: number, done: (body: Buffer | BodyTrouble) => void) {
    this.#settle = (body) => {
      if (this.#over) return;
      this.#over = true;
      done(body);
    };
    request.on('data', (chunk: Buffer) => {
      this.#looks = 0;
      this.#chunks.push(chunk);
    });
    request.on('end', () => {
      const [first] = this.#chunks;
      this.#settle(first?.length === length ? first : Buffer.concat(this.#chunks));
    });
    request.on('close', () => this.#settle('cut'));
  }

  look(): void {
    if (++this.#looks > LOOKS_PER_IDLE_TIME) this.#settle('silent');
  }
}
