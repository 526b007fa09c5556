// A token bucket: `burstCapacity` tokens at most, `replenishRate` come back each second, a request takes one. The same
// arithmetic is in the Redis script (control/limits/redis-script.ts), and a test holds them to it.
export interface Bucket {
  tokens: number;
  atMs: number;
}

export interface BucketRule {
  /** Tokens a second, above 0. */
  readonly replenishRate: number;
  /** At least the rate. */
  readonly burstCapacity: number;
}

export interface Taken {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Until a token is there, 0 if one was. */
  readonly retryAfterMs: number;
}

export function takeToken(bucket: Bucket, { replenishRate, burstCapacity }: BucketRule, atMs: number): Taken {
  const elapsedMs = Math.max(0, atMs - bucket.atMs);
  bucket.tokens = Math.min(burstCapacity, bucket.tokens + (elapsedMs * replenishRate) / 1_000);
  bucket.atMs = Math.max(bucket.atMs, atMs);
  if (bucket.tokens < 1) {
    return { allowed: false, remaining: 0, retryAfterMs: Math.ceil(((1 - bucket.tokens) * 1_000) / replenishRate) };
  }
  bucket.tokens -= 1;
  return { allowed: true, remaining: bucket.tokens, retryAfterMs: 0 };
}
