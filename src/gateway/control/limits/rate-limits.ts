// Rate limits of routes: which bucket a request takes from, and where buckets are kept. In memory they are each gateway's
// own; in Redis they are shared, and what happens without it is a stated option.
import type { Clock } from '../../../base/clock.ts';
import { firstOf } from '../../core/routes.ts';
import type { RequestFacts } from '../../core/types.ts';
import type { RateLimitRule } from '../../config/schema.ts';
import { MemoryBuckets } from './memory-buckets.ts';

export interface LimitVerdict {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly retryAfterMs: number;
  /** The store did not answer, and the rule says `closed`. */
  readonly unavailable: boolean;
}

/** Buckets that several gateways share. */
export interface SharedBuckets {
  /** Rejects when the store does not answer, in bounded time. */
  take(key: string, rule: RateLimitRule): Promise<Omit<LimitVerdict, 'unavailable'>>;
}

const ALLOWED: LimitVerdict = { allowed: true, remaining: 0, retryAfterMs: 0, unavailable: false };
const CLOSED: LimitVerdict = { allowed: false, remaining: 0, retryAfterMs: 1_000, unavailable: true };

export class RateLimits {
  readonly #memory: MemoryBuckets;
  readonly #shared: () => SharedBuckets | null;
  readonly #storeFailed: (error: unknown) => void;

  /** @param shared the store at present; null: none is configured */
  constructor(clock: Clock, shared: () => SharedBuckets | null, storeFailed: (error: unknown) => void) {
    this.#memory = new MemoryBuckets(clock);
    this.#shared = shared;
    this.#storeFailed = storeFailed;
  }

  /** Takes a token. A promise only where the store is elsewhere; it never rejects. */
  take(route: string, rule: RateLimitRule, facts: RequestFacts): LimitVerdict | Promise<LimitVerdict> {
    const key = `${route}\0${keyOf(rule, facts)}`;
    const shared = rule.store === 'redis' ? this.#shared() : null;
    if (shared === null) return { ...this.#memory.take(key, rule), unavailable: false };
    return shared.take(key, rule).then(
      (taken) => ({ ...taken, unavailable: false }),
      (error: unknown) => {
        this.#storeFailed(error);
        return this.#without(key, rule);
      },
    );
  }

  #without(key: string, rule: RateLimitRule): LimitVerdict {
    if (rule.whenStoreFails === 'open') return ALLOWED;
    if (rule.whenStoreFails === 'closed') return CLOSED;
    return { ...this.#memory.take(key, rule), unavailable: false };
  }
}

/** Requests without the header or the key share one bucket: leaving it out gains nothing. */
function keyOf({ key }: RateLimitRule, { headers, ip }: RequestFacts): string {
  if (key === 'route') return '';
  if (key === 'ip') return ip;
  if (key === 'apiKey') return firstOf(headers['x-api-key']) || firstOf(headers['authorization']);
  return firstOf(headers[key.header]);
}
