// Outputs as HTTP requests. They are put into the outbox in the transaction of their epoch, and delivered after it is
// committed, each with a key by which the other side can tell a repetition: at least once on the way, once in effect.
import { createHash, randomInt } from 'node:crypto';
import { assert } from '../../../base/assert.ts';
import { systemClock } from '../../../base/clock.ts';
import { durationMs, type DurationInput } from '../../../base/duration.ts';
import { LastcallError } from '../../../base/errors.ts';
import { checkOptions, checkText, type OptionNames } from '../../../base/given.ts';
import { SeededRandom, type Random } from '../../../base/random.ts';
import { CALL_DEFAULTS, type CallPolicy } from '../../calls/core.ts';
import type { OpenSink, Origin, Reach, Sink, SinkContext } from '../../ports.ts';
import { Outbox } from '../outbox.ts';
import { Courier } from './courier.ts';
import { attempt } from './request.ts';
import { checkReachable, checkTarget } from './target.ts';

export interface HttpOptions {
  /** Headers of every request, such as `authorization`. Not stored anywhere. */
  headers?: Readonly<Record<string, string>>;
  /** Names the sink where its URL may change: part of its identity and of the keys. Default: the URL. */
  name?: string;
  /** Requests under way at once. They are begun in order; 1 also ends them in order. Default 8, at most 256. */
  concurrency?: number;
  /** Limit of one attempt. Default 10s. */
  timeout?: DurationInput;
  /** Attempts after the first for an output that fails while the other side is there. Default 10. */
  retries?: number;
  /** First wait before another attempt; doubles each time, with jitter. Default 100ms, and never above `backoffMax`. */
  backoff?: DurationInput;
  /** Longest wait between attempts, and how long the circuit stays open. Default 10s. */
  backoffMax?: DurationInput;
  /** Outputs that may wait; above it the pipeline waits. Default 100,000. */
  outboxMax?: number;
  /** Whether `http:` may go to other machines, in clear text. Default: only to this one. */
  plainHttp?: 'allowed';
  /** Where jitter comes from. Default: seeded anew at every start. */
  random?: Random;
}

const OPTIONS: OptionNames<HttpOptions> = {
  headers: true,
  name: true,
  concurrency: true,
  timeout: true,
  retries: true,
  backoff: true,
  backoffMax: true,
  outboxMax: true,
  plainHttp: true,
  random: true,
};

/**
 * POSTs each output as JSON to `url`, with `Idempotency-Key`. Redirects are not followed. Outputs that are refused (400,
 * 404, 422, …), or that fail after all attempts, become dead letters; while the other side is down, or wants other
 * credentials, they wait.
 * @throws LastcallError `usage`
 */
export function http<Output>(url: string, options: HttpOptions = {}): Sink<Output> {
  checkText('http', url, 'a URL');
  checkOptions('http', options, OPTIONS);
  const target = checkTarget(url, options.plainHttp === 'allowed');
  const identity = `http:${options.name ?? `${target.origin}${target.pathname}`}`;
  const resolved = {
    target,
    headers: options.headers ?? {},
    concurrency: whole('concurrency', options.concurrency ?? 8, 1, 256),
    outboxMax: whole('outboxMax', options.outboxMax ?? 100_000, 1, 10_000_000),
    policy: policyOf(options),
    random: options.random ?? new SeededRandom(randomInt(2 ** 32)),
  };
  return {
    kind: 'http',
    identity,
    schema: null,
    open: async (context) => new OpenHttp<Output>(identity, resolved, context),
  };
}

interface Resolved {
  readonly target: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly outboxMax: number;
  readonly policy: CallPolicy;
  readonly random: Random;
}

class OpenHttp<Output> implements OpenSink<Output> {
  readonly #identity: string;
  readonly #options: Resolved;
  readonly #context: SinkContext;
  readonly #keyStart: string;
  readonly #closing = new AbortController();
  #outputs: { key: string; body: string }[] = [];
  /** Rows put into the outbox by a transaction that is not known to be committed. */
  #inserted = 0;
  /** The newest row of the outbox. */
  #newestId = 0;
  #delivery: { outbox: Outbox; courier: Courier } | null = null;

  constructor(identity: string, options: Resolved, context: SinkContext) {
    this.#identity = identity;
    this.#options = options;
    this.#context = context;
    this.#keyStart = keyStart(context.pipeline, identity, context.source ?? '');
  }

  get collected(): number {
    return this.#outputs.length;
  }

  get unacknowledged(): number {
    return this.#delivery?.courier.left ?? 0;
  }

  get reach(): Reach {
    return { committed: this.#newestId, acknowledged: this.#opened().courier.acknowledgedUpTo };
  }

  async recover(): Promise<void> {
    const { target, headers, policy, concurrency, random } = this.#options;
    await checkReachable(target);
    const outbox = new Outbox(this.#context.database, this.#identity);
    this.#newestId = outbox.newestId();
    const courier = new Courier({
      outbox,
      policy,
      concurrency,
      random,
      clock: systemClock,
      send: ({ key, body }, cancel) =>
        attempt({ target, headers, key, body, timeoutMs: policy.timeoutMs }, systemClock.wallMs(), cancel),
    });
    this.#delivery = { outbox, courier };
    courier.notice(0);
  }

  add(output: Output, origin: Origin): void {
    const body: unknown = JSON.stringify(output);
    if (typeof body !== 'string') {
      throw new LastcallError('failed', {
        what: 'an output that JSON cannot hold',
        on: this.#identity,
        todo: 'Return plain values.',
      });
    }
    const place = [origin.partition, origin.position().join('.'), origin.ordinal].join('-');
    this.#outputs.push({ key: `${this.#keyStart}-${place}`, body });
  }

  /** The pipeline waits here while the outbox is full. */
  async prepare(_epoch: number, signal?: AbortSignal): Promise<void> {
    const { courier } = this.#opened();
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    const room = Math.max(0, this.#options.outboxMax - this.collected);
    await courier.downTo(room, stop);
    if (courier.left <= room) return;
    throw new LastcallError('cancelled', {
      what: 'the outbox is full and the pipeline is ending',
      on: this.#identity,
      todo: 'Nothing is lost: the last records are read again by the next start.',
    });
  }

  commit(): void {
    for (const { key, body } of this.#outputs) this.#newestId = this.#opened().outbox.insert(key, body);
    this.#inserted = this.#outputs.length;
    this.#outputs = [];
  }

  async published(): Promise<void> {
    this.#opened().courier.notice(this.#inserted);
    this.#inserted = 0;
  }

  discard(): void {
    this.#outputs = [];
    this.#inserted = 0;
  }

  async acknowledged(signal: AbortSignal): Promise<void> {
    await this.#delivery?.courier.downTo(0, signal);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.discard();
    await this.#delivery?.courier.close();
  }

  #opened(): { outbox: Outbox; courier: Courier } {
    assert(this.#delivery, 'a sink is recovered before it is used');
    return this.#delivery;
  }
}

/** What all keys of this sink start with: pipelines, sinks and sources do not share keys, and it fits any header. */
function keyStart(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

function policyOf(options: HttpOptions): CallPolicy {
  const backoffMaxMs = durationMs(options.backoffMax ?? CALL_DEFAULTS.backoffMaxMs, 'http sink: backoffMax');
  return {
    timeoutMs: Math.max(1, durationMs(options.timeout ?? CALL_DEFAULTS.timeoutMs, 'http sink: timeout')),
    retries: whole('retries', options.retries ?? 10, 0, 1_000),
    backoffMs: Math.min(backoffMaxMs, durationMs(options.backoff ?? CALL_DEFAULTS.backoffMs, 'http sink: backoff')),
    backoffMaxMs,
    breakerFailures: CALL_DEFAULTS.breakerFailures,
    breakerOpenMs: backoffMaxMs,
  };
}

function whole(field: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new LastcallError('usage', {
    what: `${field} is ${value}`,
    on: 'http sink',
    todo: `Give a whole number, ${least} to ${most}.`,
  });
}
